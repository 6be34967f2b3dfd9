# frozen_string_literal: true

require_relative "batch_helper"

RSpec.describe LlmRouter, "#call_all and the budget" do
  include BatchHelper

  let(:reserving) { Support::ReservingBudget.new(cap: "1") }

  # Each may cost up to half a dollar: two at a time, of a cap of one.
  def reserving_router(**settings)
    configure(price_ttl: nil, **settings) do |config|
      Support::CHAIN.each { |model| config.price model, prompt: "0", completion: "0.01" }
    end
    described_class.new(budget: reserving)
  end

  def numbered(*max_tokens)
    requests(max_tokens.size).zip(max_tokens).map { |request, max| { **request, max_tokens: max } }
  end

  def classes(results)
    results.map(&:class)
  end

  let(:answered) { LlmRouter::Response }
  let(:refused) { LlmRouter::BudgetExceeded }

  it "starts nothing more when it has run out, and says which" do
    gateway.answer("Hi", cost_usd: "0.25")
    @budget = Support::ChargingBudget.new(cap: "0.5")
    seen = []
    results = router.call_all(requests(5), concurrency: 1) { |request, result| seen << [request, result.class] }
    expect(classes(results)).to eq(([answered] * 2) + ([refused] * 3))
    expect(seen.map(&:last)).to eq(classes(results))
    expect(results.drop(3).map(&:message)).to match([start_with("requests[3] was not started, because the budget had"),
                                                     start_with("requests[4] was not started")])
    expect(results.drop(2).map(&:backtrace)).to all(eq(results[2].backtrace) & be_any)
    expect([budget.checks, gateway.requests.size]).to eq([3, 2])
    expect(log).to include("requests[3..4] were not started: the budget has nothing left")
  end

  it "lets what is under way end, and charges it" do
    gateway.answer("Hi", cost_usd: "0.25", delay: 0.2)
    @budget = Support::ChargingBudget.new(cap: "0.25")
    results = ask_all(6, concurrency: 2)
    expect(classes(results)).to eq(([answered] * 2) + ([refused] * 4))
    expect(budget.charges.sum).to eq(BigDecimal("0.5"))
  end

  it "waits for money that other calls of the batch have reserved" do
    gateway.answer("Hi", cost_usd: "0.1")
    results = reserving_router.call_all(numbered(*[50] * 6))
    expect(classes(results)).to eq([answered] * 6)
    expect(results.flat_map(&:hops)).to eq([])
    expect([reserving.spent_usd, reserving.reserved_usd]).to eq([BigDecimal("0.6"), 0])
  end

  it "refuses one that cannot fit, and goes on with those that do" do
    gateway.answer("Hi", cost_usd: "0.1")
    results = reserving_router.call_all(numbered(10, 1000, 10))
    expect(classes(results)).to eq([answered, refused, answered])
    expect(results[1]).to have_attributes(needed_usd: 10, left_usd: BigDecimal("0.9"))
    expect(reasons(results[1].hops)).to eq([:too_expensive] * 3)
  end

  it "starts nothing more when there is nothing left to reserve" do
    gateway.answer("Hi", cost_usd: "0.5")
    results = reserving_router.call_all(numbered(*[50] * 5))
    expect(classes(results)).to eq(([answered] * 2) + ([refused] * 3))
    expect(results.last).to have_attributes(message: start_with("requests[4] was not started"), left_usd: 0)
    expect([reserving.spent_usd, reserving.reserved_usd, gateway.requests.size]).to eq([1, 0, 2])
  end

  it "settles or releases each attempt once with a budget that reserves" do
    gateway.answer("Hi", cost_usd: "0.01")
    gateway.fail(Support::PRIMARY, status: 503, times: 2)
    reserving_router.call_all(numbered(*[5] * 10))
    kinds = reserving.operations.map(&:first).tally
    expect(kinds).to eq(reserve: 12, release: 2, settle: 10)
    expect(reserving.operations.filter_map { |kind, _, key| key if kind == :reserve }.uniq.size).to eq(12)
  end
end
