# frozen_string_literal: true

require "bigdecimal"
require "json"
require "logger"

# What an app writes itself around an HTTP client: JSON there and back, the cost as an exact decimal, and a loop over
# the models that logs any error, as the gem does, and goes on.
class Peer
  HEADERS = { "content-type" => "application/json", "accept" => "application/json",
              "authorization" => "Bearer test-key" }.freeze

  # @param url [String] of the gateway
  # @param timeout [Numeric] seconds for one attempt
  def initialize(url, timeout:, **)
    @url = "#{url}/chat/completions"
    @timeout = timeout
  end

  # @param models [Array<String>] in order
  # @return [Array(String, BigDecimal)] what the answer says and costs
  def call(models)
    models.each do |model|
      body = post(JSON.generate(model: model, messages: MESSAGES, max_tokens: 100))
      answer = JSON.parse(body) or next
      return [answer["choices"][0]["message"]["content"], BigDecimal(answer["usage"]["cost"].to_s)]
    rescue StandardError => e
      failed(model, e)
    end
    raise "no model answered"
  end

  # Many at once, with a thread for each.
  # @return [Array] what {#call} returns
  def call_all(models, count)
    Array.new(count) { Thread.new { call(models) } }.map(&:value)
  end

  MESSAGES = [{ role: "user", content: "Say hello to the world." }].freeze

  # One that is given File::NULL by its name writes nothing.
  LOGGER = Logger.new(File.open(File::NULL, "w"), level: :info)

  private

  def failed(model, error)
    LOGGER.warn { "#{model} failed: #{error.message}" }
  end

  # @return [String] the body of the answer, if it is one
  def post(json)
    raise NotImplementedError, json
  end

  def unavailable(status)
    raise "status #{status}"
  end
end
