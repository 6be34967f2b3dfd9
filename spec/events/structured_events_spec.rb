# frozen_string_literal: true

require "active_support"
require "active_support/notifications"
require "active_support/parameter_filter"
require "llm_router/notifications"

RSpec.describe LlmRouter::StructuredEvents do
  it "needs nothing that an app has loaded", :slow do
    code = 'require "llm_router/notifications"; print LlmRouter::StructuredEvents'
    expect(output_of(code)).to eq("LlmRouter::StructuredEvents")
  end

  # The filter of an app that `rails new` makes.
  filter = %i[passw email secret token _key crypt salt certificate otp ssn cvv cvc]

  # ActiveSupport::EventReporter of Rails 8.1, as far as it matters here, for Rails before it.
  stand_in = Class.new do
    attr_reader :subscribers

    def initialize(*subscribers)
      @subscribers = subscribers.map { |subscriber| { subscriber: subscriber } }
    end

    def notify(name, payload)
      filter = ActiveSupport::ParameterFilter.new(ActiveSupport.filter_parameters)
      @subscribers.each { |entry| entry[:subscriber].emit(name: name, payload: filter.filter(payload)) }
    end
  end
  reporter = ActiveSupport.const_defined?(:EventReporter) ? ActiveSupport::EventReporter : stand_in

  let(:heard) { [] }
  let(:subscriber) { Object.new.tap { |listener| listener.define_singleton_method(:emit, &heard.method(:<<)) } }

  around do |example|
    before = ActiveSupport.filter_parameters if ActiveSupport.respond_to?(:filter_parameters)
    ActiveSupport.singleton_class.attr_accessor(:filter_parameters) unless before
    ActiveSupport.filter_parameters = filter
    subscriptions = described_class.attach(reporter.new(subscriber))
    example.run
  ensure
    subscriptions.each { |subscription| ActiveSupport::Notifications.unsubscribe(subscription) }
    ActiveSupport.filter_parameters = before
  end

  before do
    gateway.answer("The secret answer", cost_usd: "0.0021", usage: { prompt_tokens: 3, completion_tokens: 5 })
    gateway.fail(Support::PRIMARY, status: 503)
  end

  def payload(name)
    heard.find { |event| event[:name] == "llm_router.#{name}" }.fetch(:payload)
  end

  it "hears of each hop and of the call" do
    ask
    expect(heard.map { |event| event[:name] }).to eq(%w[llm_router.fallback llm_router.call])
    expect(payload("fallback")).to include(from: Support::PRIMARY, to: Support::SECONDARY, reason: :unavailable)
    expect(payload("call")).to include(outcome: :answered, cost_usd: "0.0021",
                                       hops: [include(model: Support::PRIMARY, status: 503)])
  end

  it "gets counts of tokens through the filter that Rails has by default, which masks nothing else either" do
    ask
    expect(payload("call")).to include("gen_ai.usage.input": 3, "gen_ai.usage.output": 5)
    expect(heard.inspect).not_to include("[FILTERED]")
  end

  it "gets nothing secret, and nothing but plain values" do
    router.call(messages: [{ role: "user", content: "The secret prompt" }])
    expect(heard.inspect).not_to match(/secret|test-key/)
    expect(heard.inspect).not_to match(/#<(?!BigDecimal)/)
  end

  it "names the class of a budget, whatever that is" do
    stub_const("PoorBudget", Class.new do
      def exhausted? = true
      def charge!(*) = nil
    end)
    poor = router(budget: PoorBudget.new)
    expect { poor.call(messages: Support::MESSAGES) }.to raise_error(LlmRouter::BudgetExceeded)
    expect(payload("budget_exceeded")).to include(budget: "PoorBudget")
  end

  it "gets no words of an endpoint where they are not to be logged" do
    configure { |config| config.log_messages = false }
    gateway.fail(Support::PRIMARY, status: 503, message: "quoted words")
    ask
    expect(heard.inspect).not_to include("quoted words")
  end
end
