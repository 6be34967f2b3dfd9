# frozen_string_literal: true

require_relative "charging_budget"
require_relative "waiting"

# A real gateway on loopback, a budget that records its charges, and a log that can be read.
module Support
  include Waiting

  PRIMARY = "anthropic/claude-sonnet-4.5"
  SECONDARY = "google/gemini-2.5-flash"
  FLOOR = "meta-llama/llama-3.3-70b-instruct"
  CHAIN = [PRIMARY, SECONDARY, FLOOR].freeze
  MESSAGES = [{ role: "user", content: "Hi" }].freeze

  def gateway
    @gateway ||= LlmRouter::Testing::Gateway.start
  end

  # Runs the block with another gateway in place of that one.
  def with_gateway(**options)
    LlmRouter::Testing::Gateway.start(**options) do |gateway|
      @gateway = gateway
      yield
    end
  end

  def budget
    @budget ||= ChargingBudget.new
  end

  # Everything logged in this example.
  def log
    log_io.string
  end

  def configure(**settings)
    LlmRouter.configure do |config|
      config.base_url = gateway.base_url
      config.api_key = "test-key"
      config.logger = Logger.new(log_io)
      config.retries = 0
      settings.each { |name, value| config.public_send(:"#{name}=", value) }
      config.chain :default, CHAIN
      yield config if block_given?
    end
  end

  def router(**options)
    configure unless LlmRouter.config.chain_names.any?
    LlmRouter.new(chain: :default, budget: budget, **options)
  end

  def ask(**options)
    router.call(messages: MESSAGES, **options)
  end

  # The error of a call that is expected to fail.
  def failure_of
    yield
  rescue LlmRouter::Error => e
    e
  else
    raise "expected a LlmRouter::Error"
  end

  # A reply of a block that the gateway was given.
  def answer_of(content)
    [200, {}, JSON.generate(id: "gen-#{content}", model: PRIMARY, usage: { cost: 0.25 },
                            choices: [{ message: { role: "assistant", content: content }, finish_reason: "stop" }])]
  end

  # Has each request answered once the block has returned, which runs on a thread of the gateway's.
  def answer_after(times: nil)
    gateway.respond(times: times) { yield && answer_of("Hi") }
  end

  # Yields times in seconds, until a request has come within one of them: a busy machine takes its time to send one.
  def until_requested
    [0.2, 1, 5, 25].each do |time|
      yield time
      break if gateway.requests.any?
    end
  end

  # What a fresh Ruby prints that has nothing loaded but this gem.
  def output_of(code, *arguments)
    IO.popen([RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", code, *arguments], &:read)
  end

  def models_called
    gateway.requests.map(&:model)
  end

  def reasons(hops)
    hops.map(&:reason)
  end

  def log_io
    @log_io ||= StringIO.new(+"")
  end
end
