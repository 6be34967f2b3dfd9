# frozen_string_literal: true

RSpec.describe LlmRouter, "in a web request" do
  before { gateway.answer("Hi") }

  def serve
    result = nil
    LlmRouter::WebRequest::Middleware.new(->(_env) { [200, {}, [result = yield]] }).call({})
    result
  end

  def warnings
    log.lines.grep(/WARN.*calls a model inside a web request/)
  end

  it "warns once for each place that calls, naming it" do
    configure
    2.times { serve { ask } }
    serve { described_class.new(budget: budget).call(messages: Support::MESSAGES) }
    expect(warnings.size).to eq(2)
    expect(warnings.last).to match(/web_request_spec.rb:#{__LINE__ - 2} /)
  end

  it "raises where that is configured, before the budget is checked or an attempt made" do
    configure(in_web_request: :raise)
    expect { serve { ask } }.to raise_error(described_class::CalledInWebRequest, /Call it in a job/)
    expect([budget.checks, gateway.requests.size]).to eq([0, 0])
  end

  it "keeps silent where that is configured, or where the app says so on purpose" do
    configure(in_web_request: :allow)
    serve { ask }
    configure(in_web_request: :raise)
    expect(serve { described_class.allow_in_request { ask } }.content).to eq("Hi")
    after_allowing = -> { [described_class.allow_in_request { nil }, ask] }
    expect { serve(&after_allowing) }.to raise_error(described_class::CalledInWebRequest)
    expect(warnings).to be_empty
  end

  it "does not take a worker's thread, or what comes after the request, for one" do
    configure(in_web_request: :raise)
    expect(serve { Thread.new { ask }.value }.content).to eq("Hi")
    expect(ask.content).to eq("Hi")
    expect { serve { raise IOError } }.to raise_error(IOError)
    expect(ask.content).to eq("Hi")
  end

  it "takes a job that is run inline in a request for what it is" do
    require_relative "../support/article/app"
    configure(in_web_request: :raise)
    job = Class.new(ApplicationJob) do
      def perform = LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES)
    end
    expect { serve { job.perform_now } }.to raise_error(described_class::CalledInWebRequest)
  end
end
