# frozen_string_literal: true

require "open3"

# In a test, a call that nobody scripted does not leave the machine, whatever was required.
RSpec.describe "A call in the test environment", :slow do
  def outcome(code, **env)
    environment = { "RAILS_ENV" => nil, "RACK_ENV" => nil, **env.transform_keys(&:to_s) }
    Open3.capture2e(environment, RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", program(code)).first
  end

  def program(code)
    <<~RUBY
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url = #{gateway.base_url.inspect}
        config.api_key = "test-key"
        config.logger = nil
        config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
      end
      router = LlmRouter.new(budget: LlmRouter::Unlimited)
      request = { messages: [{ role: "user", content: "Hi" }], max_tokens: 20 }
      begin
        #{code}
      rescue => e
        print "rescued"
      rescue Exception => e
        print e.class, ": ", e.message
      end
    RUBY
  end

  before { gateway.answer("Hello") }

  it "raises what no rescue of the app swallows, and sends nothing" do
    said = /\ALlmRouter::Testing::RealCallInTest: .*without LlmRouter\.testing!.*allow_real_calls_in_test/
    expect(outcome("router.call(**request)", RAILS_ENV: "test")).to match(said)
    expect(outcome("router.call(**request)", RACK_ENV: "test")).to match(said)
    keyless = "LlmRouter.configure { |config| config.api_key = nil }; " \
              "LlmRouter.new(budget: LlmRouter::Unlimited).call(**request)"
    expect(outcome(keyless, RAILS_ENV: "test")).to match(said)
    expect(outcome("router.call_all([request])", RAILS_ENV: "test")).to match(said)
    expect(outcome('require "llm_router/testing"; router.call(**request)', RAILS_ENV: "test")).to match(said)
    expect(gateway.requests).to be_empty
  end

  it "goes by Rails where there is Rails" do
    rails = 'module Rails; def self.env = "test"; end;'
    expect(outcome("#{rails} router.call(**request)", RAILS_ENV: "development")).to match(/RealCallInTest/)
  end

  it "is sent where that is meant, under testing!, and in every other environment" do
    meant = "LlmRouter.configure { |config| config.allow_real_calls_in_test = true }; " \
            "router = LlmRouter.new(budget: LlmRouter::Unlimited);"
    expect(outcome("#{meant} print router.call(**request).content", RAILS_ENV: "test")).to eq("Hello")
    scripted = 'require "llm_router/testing"; LlmRouter.testing! { |gateway| gateway.answer("Scripted") };'
    expect(outcome("#{scripted} print router.call(**request).content", RAILS_ENV: "test")).to eq("Scripted")
    expect(outcome("print router.call(**request).content", RAILS_ENV: "development")).to eq("Hello")
    expect(outcome("print router.call(**request).content")).to eq("Hello")
    expect(gateway.requests.size).to eq(3)
  end
end
