# frozen_string_literal: true

require "llm_router/notifications"
require_relative "batch_helper"

# A call for which there is no money waits as long as others of its batch may give some back.
RSpec.describe LlmRouter, "#call_all and money that the batch holds itself" do
  include BatchHelper

  let(:reserving) { Support::ReservingBudget.new(cap: "1") }
  let(:answered) { described_class::Response }
  let(:refused) { described_class::BudgetExceeded }

  # US dollars per token.
  def priced(*completion, **settings)
    configure(price_ttl: nil, **settings) do |config|
      Support::CHAIN.zip(completion) { |model, price| config.price model, prompt: "0", completion: price }
      yield config if block_given?
    end
  end

  def call_all(*max_tokens, **options, &)
    batch = requests(max_tokens.size).zip(max_tokens).map { |request, max| { **request, max_tokens: max } }
    described_class.new(budget: reserving, **options).call_all(batch, &)
  end

  def classes(results)
    results.map(&:class)
  end

  def hops_of(results)
    results.map { |result| reasons(result.hops) }
  end

  # Each may cost half a dollar, and there is one.
  it "waits though a model was skipped before, and reports that hop once" do
    gateway.answer("Hi", cost_usd: "0.1", delay: 0.05)
    gateway.fail(Support::PRIMARY, status: 503)
    reported = []
    priced("0.01", "0.01", "0.01") { |config| config.on_hop { |hop| reported << hop } }
    3.times { described_class.new(budget: described_class::Unlimited).call(messages: Support::MESSAGES) }
    reported.clear
    results = call_all(*[50] * 6)
    expect(hops_of(results)).to eq([[:cooling_down]] * 6)
    expect([reserving.spent_usd, reserving.reserved_usd, gateway.requests.size]).to eq([BigDecimal("0.6"), 0, 12])
    expect(reported.size).to eq(6)
  end

  it "waits for a fallback that is dearer than what it had reserved" do
    gateway.answer("Hi", cost_usd: "0.1", delay: 0.1)
    gateway.fail(Support::PRIMARY, status: 503, delay: 0.1)
    priced("0.002", "0.01", "0.01", cooldown_after: nil)
    results = call_all(*[50] * 6)
    expect([classes(results).uniq, hops_of(results)]).to eq([[answered], [[:unavailable]] * 6])
    expect([reserving.spent_usd, reserving.reserved_usd]).to eq([BigDecimal("0.6"), 0])
    expect(reserving.operations.map(&:first).tally).to eq(reserve: 12, release: 6, settle: 6)
  end

  # The one whose connection breaks stays charged with its estimate.
  it "waits where an attempt may have been billed, and there is nothing left for the next", :slow do
    gateway.answer("Hi", cost_usd: "0.1", delay: 0.5)
    gateway.reset(times: 1)
    priced("0.01", "0.01", "0.01")
    results = call_all(*[25] * 6)
    expect([classes(results).uniq, hops_of(results).sort]).to eq([[answered], ([[]] * 5) + [[:connection]]])
    expect([reserving.spent_usd, reserving.reserved_usd]).to eq([BigDecimal("0.85"), 0])
  end

  it "starts none before one that waits, which else would never have its turn" do
    gateway.answer("Hi", cost_usd: "0.01", delay: 0.1)
    priced("0.01", "0.01", "0.01")
    seen = []
    call_all(10, 10, 90, *[10] * 4) { |request,| seen << request[:max_tokens] }
    expect(seen).to eq([10, 10, 90, 10, 10, 10, 10])
  end

  it "does not wait for more than the batch has reserved", :slow do
    gateway.answer("Hi", cost_usd: "0.0001", delay: 1)
    priced("0.1", "0.00001", "0.00001")
    took = seconds { expect(hops_of(call_all(*[50] * 10))).to eq([[:too_expensive]] * 10) }
    expect(measured("10 calls whose first model is too dear, of 1 s", took)).to be < 9
    gateway.answer("Hi", cost_usd: "0.0001", delay: 1)
    priced("0.0001", "0.0001", "0.0001")
    took = seconds { expect(classes(call_all(*[50, 50, 50_000] * 4)).tally).to eq(answered => 8, refused => 4) }
    expect(measured("12 calls of which 4 are too dear, of 1 s", took)).to be < 7
  end

  it "waits where the budget does not say what is left" do
    gateway.answer("Hi", cost_usd: "0.1")
    priced("0.01", "0.01", "0.01")
    reserving.define_singleton_method(:reserve!) do |usd, key:|
      super(usd, key: key)
    rescue LlmRouter::BudgetExceeded
      raise LlmRouter::BudgetExceeded
    end
    expect(classes(call_all(*[50] * 4))).to eq([answered] * 4)
  end

  it "does not count the wait against the deadline", :slow do
    gateway.answer("Hi", cost_usd: "0.01", delay: 0.7)
    gateway.fail(Support::PRIMARY, status: 503)
    priced("0.001", "0.01", "0.01", cooldown_after: nil)
    # One after the other, for each may cost 0.6 of the one dollar.
    expect(classes(call_all(*[60] * 6, deadline: 4))).to eq([answered] * 6)
  end

  it "reserves again under the same idempotency key, so that a job's next run has the same keys" do
    gateway.answer("Hi", cost_usd: "0.1")
    priced("0.01", "0.01", "0.01")
    described_class::CurrentJob.with("a-job") { call_all(*[50] * 6) }
    keys = reserving.operations.filter_map { |kind, _, key| key if kind == :reserve }
    expect(keys).to eq(Array.new(6) { |number| "a-job/#{number + 1}" })
  end
end
