# frozen_string_literal: true

require "llm_router"
require_relative "peer"
require_relative "in_memory_budget"

# The gem as an app uses it: a router for each call, a budget whose cap holds, a log, and all that is on by default.
# Where a chain is to fail each time, no failure makes a model cool down.
class RouterClient
  NAME = "llm_router"
  VERSION = "llm_router #{LlmRouter::VERSION}".freeze
  ANSWERS = %r{\A(?!503/|reset/|hang/)}
  private_constant :ANSWERS

  # @return [InMemoryBudget::Charging, Rows]
  attr_reader :budgets

  def initialize(url, timeout:, models:, cooldown: true, **)
    @budgets = new_budgets
    @hops = models.index { |model| model.match?(ANSWERS) }
    LlmRouter.configure do |config|
      config.base_url = url
      config.api_key = "test-key"
      config.timeout = timeout
      config.same_vendor = :allow
      # One that is given File::NULL by its name writes nothing.
      config.logger = Logger.new(File.open(File::NULL, "w"), level: :info)
      config.cooldown_after = 1_000_000 unless cooldown
      # What the stub has not answered it has not billed.
      config.on_uncertain = on_uncertain
      models.each { |model| config.price model, prompt: "0.000003", completion: "0.000015" }
      config.chain :default, models, hedge: hedge
    end
  end

  # @return [Array(String, BigDecimal)]
  def call(_models)
    read(LlmRouter.new(budget: budget).call(messages: Peer::MESSAGES, max_tokens: 100))
  end

  # Many at once, from the calling thread alone.
  def call_all(_models, count)
    requests = Array.new(count) { { messages: Peer::MESSAGES, max_tokens: 100 } }
    LlmRouter.new(budget: budget).call_all(requests, concurrency: count).map { |response| read(response) }
  end

  private

  def new_budgets = InMemoryBudget::Reserving.new
  def budget = @budgets
  def hedge = nil
  def on_uncertain = :release

  def check(hops)
    raise "#{hops.size} hops, not #{@hops}" unless hops.size == @hops
  end

  def read(response)
    check(response.hops)
    [response.content, response.cost_usd]
  end
end
