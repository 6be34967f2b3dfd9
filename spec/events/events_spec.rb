# frozen_string_literal: true

require "active_support"
require "active_support/notifications"
require "llm_router/notifications"

RSpec.describe LlmRouter, "and its events" do
  def events
    @events ||= []
  end

  def named(name)
    events.select { |event| event.name == "#{name}.llm_router" }
  end

  around do |example|
    # A block, for Rails 6.1 takes a lambda of one argument for the old style of five.
    listener = proc { |event| events << event }
    ActiveSupport::Notifications.subscribed(listener, /\.llm_router\z/, &example)
  end

  before do
    gateway.answer("The secret answer", cost_usd: "0.0021", usage: { prompt_tokens: 3, completion_tokens: 5 })
  end

  it "report the call, its attempts and its fallbacks, in OpenTelemetry's words" do
    gateway.fail(Support::PRIMARY, status: 503, delay: 0.05)
    draft = ask
    expect(events.map(&:name)).to eq(%w[attempt fallback attempt call].map { |name| "#{name}.llm_router" })
    expect(named("call").first.payload).to include(
      chain: :default, outcome: :answered, fallback: true, cost_usd: BigDecimal("0.0021"), hops: draft.hops,
      "gen_ai.operation.name": "chat", "gen_ai.response.model": Support::SECONDARY, "gen_ai.response.id": draft.id,
      "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 5, "gen_ai.response.finish_reasons": ["stop"]
    )
    expect(named("call").first.payload[:duration]).to be_between(0.05, 60)
    expect(named("call").first.duration).to be >= 50
    failed, answered = named("attempt").map(&:payload)
    expect(failed).to include(outcome: :failed, reason: :unavailable, "error.type": "unavailable",
                              "http.response.status_code": 503, "gen_ai.request.model": Support::PRIMARY)
    expect(answered).to include(outcome: :answered, vendor: "google", endpoint: "openrouter")
    expect(named("fallback").first.payload).to include(from: Support::PRIMARY, to: Support::SECONDARY,
                                                       reason: :unavailable)
  end

  it "report embeddings, by their own operation" do
    gateway.embed(cost_usd: "0.0021", usage: { prompt_tokens: 3 })
    configure { |config| config.chain :search, [Support::PRIMARY] }
    LlmRouter.new(chain: :search, budget: budget).embed(input: "The secret text")
    expect(events.map(&:name)).to eq(%w[attempt.llm_router call.llm_router])
    expect(events.map(&:payload)).to all(include(
                                           outcome: :answered, "gen_ai.operation.name": "embeddings",
                                           "gen_ai.usage.input_tokens": 3, cost_usd: BigDecimal("0.0021")
                                         ))
    expect(events.map { |event| event.payload.inspect }.join + log).not_to include("secret")
  end

  it "report an exhausted budget" do
    @budget = Support::ChargingBudget.new(cap: "0")
    failure_of { ask }
    expect(named("budget_exceeded").first.payload).to include("gen_ai.request.model": Support::PRIMARY)
    expect(named("call").first.payload).to include(outcome: :budget_exceeded, "error.type": "LlmRouter::BudgetExceeded")
    expect(named("attempt")).to be_empty
  end

  { 400 => :rejected, 500 => :exhausted }.each do |status, outcome|
    it "calls the outcome of #{status}s #{outcome}" do
      gateway.fail(status: status)
      failure_of { ask }
      expect(named("call").first.payload[:outcome]).to eq(outcome)
    end
  end

  it "report an attempt and a call that were interrupted" do
    gateway.hang
    shared = router
    thread = Thread.new { shared.call(messages: Support::MESSAGES) }
    gateway.await_requests(1)
    thread.kill.join
    expect([named("attempt"), named("call")].map { |all| all.map { |event| event.payload[:outcome] } })
      .to eq([[:interrupted], [:interrupted]])
  end

  it "holds no prompt, answer or key" do
    gateway.fail(Support::PRIMARY, status: 503)
    router.call(messages: [{ role: "user", content: "The secret prompt" }])
    expect(events.map { |event| event.payload.inspect }.join).not_to match(/secret|test-key/)
  end

  it "survives a subscriber that raises, with the answer" do
    configure
    ActiveSupport::Notifications.subscribed(proc { |_event| raise "no metrics" }, "attempt.llm_router") do
      expect(ask.content).to eq("The secret answer")
    end
    expect(budget.charges.size).to eq(1)
  end

  it "logs an answer that was cut off at its limit of tokens, where debug is off" do
    gateway.answer("Whole", cost_usd: "0.1")
    gateway.answer("Half a sent", finish_reason: "length", cost_usd: "0.1", times: 1)
    configure(logger: Logger.new(log_io, level: Logger::INFO))
    2.times { ask }
    expect(log.lines)
      .to match([/INFO.*\[llm\] anthropic.* was cut off at its limit of tokens \(finish_reason: length\)/])
  end

  it "logs through the LogSubscriber: a fallback as a warning, no answer as an error, an answer as debug" do
    configure
    ask
    expect(log.lines.last).to match(/DEBUG.*\[llm\] #{Support::PRIMARY} at openrouter answered after .* 0.0021 USD$/)
    gateway.fail(Support::PRIMARY, status: 503)
    ask
    expect(log.lines[-2..]).to match([/WARN.*unavailable .*next: #{Support::SECONDARY}$/, /INFO.*\(a fallback\)$/])
    gateway.fail(status: 500)
    failure_of { ask }
    expect(log.lines.last).to match(/ERROR.*chain :default failed: exhausted after/)
    expect(log.scan("next: ").size).to eq(3)
  end
end
