# frozen_string_literal: true

require_relative "support"

# Programs of their own, for what cannot be tried in the process of the specs.
module Support
  # How one begins: with a router for the gateway that is its first argument.
  PREAMBLE = <<~RUBY.freeze
    require "llm_router"
    require "#{Waiting::FILE}"
    LlmRouter.configure do |config|
      config.base_url = ARGV[0]
      config.api_key = "test-key"
      config.logger = nil
      config.chain :default, %w[#{CHAIN.join(' ')}]
    end
    MESSAGES = [{ role: "user", content: "Hi" }].freeze
    ROUTER = LlmRouter.new(budget: LlmRouter::Unlimited)
    def ask = ROUTER.call(messages: MESSAGES)
  RUBY

  # What it prints.
  def output_of_program(code)
    output_of(PREAMBLE + code, gateway.base_url)
  end

  # @yieldparam io [IO] its standard input and output; `io.pid` is its id
  def program(code, &)
    IO.popen([RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", PREAMBLE + code, gateway.base_url],
             "r+", &)
  end
end
