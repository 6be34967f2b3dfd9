# frozen_string_literal: true

# In processes of their own, for the first Ractor changes how all of Ruby works.
RSpec.describe LlmRouter, "and Ractors", :slow do
  # What becomes of the code in another Ractor, and then of a call in the main one.
  def in_another(code)
    gateway.answer("Hi")
    output_of(<<~RUBY, gateway.base_url).split("\n")
      Warning[:experimental] = false
      Thread.report_on_exception = false
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url = ARGV[0]
        config.api_key = "test-key"
        config.logger = nil
        config.chain :default, %w[a/b c/d]
      end
      MESSAGES = [{ role: "user", content: "Hi" }].freeze
      router = LlmRouter.new(budget: LlmRouter::Unlimited)
      begin
        #{code}
      rescue Ractor::RemoteError => e
        puts [e.cause.class, e.cause.message].join(": ")
      rescue StandardError => e
        puts [e.class, e.message].join(": ")
      end
      puts router.call(messages: MESSAGES).content
    RUBY
  end

  result = Ractor.method_defined?(:value) ? "value" : "take"

  ["LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [])", "LlmRouter.config",
   "LlmRouter.configure { |config| config.timeout = 3 }", "LlmRouter.reset_configuration!"].each do |code|
    it "says what to do for #{code}" do
      error, answer = in_another("Ractor.new { #{code} }.#{result}")
      expect(error).to match(/\ALlmRouter::Error: llm_router works in the main Ractor only: .*Thread/)
      expect(answer).to eq("Hi")
    end
  end

  ["Ractor.new(router) { |given| given.call(messages: []) }.#{result}", "Ractor.make_shareable(router)",
   "Ractor.new { Ractor.receive }.send(router, move: true)",
   "Ractor.new { LlmRouter::Native::Chain.new([], nil) }.#{result}"].each do |code|
    it "is Ruby's own error for #{code}" do
      error, answer = in_another(code)
      expect(error).to match(/\A(TypeError|Ractor::\w+Error): /)
      expect(answer).to eq("Hi")
    end
  end
end
