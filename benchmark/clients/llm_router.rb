# frozen_string_literal: true

require "llm_router"
require_relative "peer"

# The gem as an app uses it: a router for each call, a budget that is asked and charged, a log, and all that is on by
# default. Where a chain is to fail each time, no failure makes a model cool down.
class RouterClient
  NAME = "llm_router"
  VERSION = "llm_router #{LlmRouter::VERSION}".freeze

  # In memory, as the peers have none.
  class Purse
    attr_reader :charged

    def initialize
      @charged = BigDecimal(0)
      @lock = Mutex.new
    end

    def exhausted? = false

    def charge!(cost_usd)
      @lock.synchronize { @charged += cost_usd }
    end
  end

  # @return [Purse]
  attr_reader :purse

  def initialize(url, timeout:, cooldown: true)
    @purse = Purse.new
    LlmRouter.configure do |config|
      config.base_url = url
      config.api_key = "test-key"
      config.timeout = timeout
      config.same_vendor = :allow
      config.logger = Logger.new(File::NULL, level: :info)
      config.cooldown_after = 1_000_000 unless cooldown
      yield config
    end
  end

  # @return [Array(String, BigDecimal)]
  def call(_models)
    read(LlmRouter.new(budget: @purse).call(messages: Peer::MESSAGES, max_tokens: 100))
  end

  # Many at once, from the calling thread alone.
  def call_all(_models, count)
    requests = Array.new(count) { { messages: Peer::MESSAGES, max_tokens: 100 } }
    LlmRouter.new(budget: @purse).call_all(requests, concurrency: count).map { |response| read(response) }
  end

  private

  def read(response)
    [response.content, response.cost_usd]
  end
end
