# frozen_string_literal: true

RSpec.describe LlmRouter, "and money" do
  it "charges the exact decimal that was sent, as a BigDecimal" do
    %w[0.1 0.00012749999999999998 2.1e-5 12345678901234567890.123456789012345678901234567890].each do |cost|
      gateway.raw(body: %({"choices":[{"message":{"content":"Hi"}}],"usage":{"cost":#{cost}}}), times: 1)
      expect(ask.cost_usd).to be_a(BigDecimal).and eq(BigDecimal(cost))
      expect(budget.charges.last).to be_a(BigDecimal).and eq(BigDecimal(cost))
    end
  end

  it "adds the vendor's price to the fee where the key is the caller's own, and only there" do
    gateway.answer("Hi", cost_usd: "0.0001", upstream_cost_usd: "0.0019", is_byok: true, times: 1)
    expect(ask.cost_usd).to eq(BigDecimal("0.002"))
    gateway.answer("Hi", cost_usd: "0.002", upstream_cost_usd: "0.0019", is_byok: false, times: 1)
    expect(ask.cost_usd).to eq(BigDecimal("0.002"))
    expect(budget.charges).to eq([BigDecimal("0.002")] * 2)
  end

  it "charges nothing for an answer without a cost, and warns of it" do
    gateway.answer("Hi", cost_usd: nil)
    expect(ask.cost_usd).to be_nil
    expect(budget.charges).to be_empty
    expect(log).to match(/WARN.*answered without a usage.cost: nothing is charged/)
  end

  it "takes a fee of nothing on the caller's own key for what it is: no cost known" do
    gateway.answer("Hi", cost_usd: "0", is_byok: true, upstream_cost_usd: nil)
    expect(ask.cost_usd).to be_nil
    expect(log).to match(/WARN.*answered without a usage.cost/)
  end

  it "charges nothing for an answer that was free, and does not warn" do
    gateway.answer("Hi", cost_usd: "0")
    expect(ask.cost_usd).to eq(0)
    expect(budget.charges).to be_empty
    expect(log).not_to include("WARN")
  end

  it "charges a failed attempt that cost something, and the answer after it" do
    gateway.answer("Hi", cost_usd: "0.5")
    gateway.empty(Support::PRIMARY, cost_usd: "0.0003")
    draft = ask
    expect(budget.charges).to eq([BigDecimal("0.0003"), BigDecimal("0.5")])
    expect(draft.hops.first.cost_usd).to eq(BigDecimal("0.0003"))
    expect(draft.cost_usd).to eq(BigDecimal("0.5"))
  end

  it "charges a request that was rejected at a price" do
    gateway.fail_inside(code: 400, cost_usd: "0.01")
    expect(failure_of { ask }).to be_a(described_class::RequestRejected)
    expect(budget.charges).to eq([BigDecimal("0.01")])
  end

  it "checks the budget before every attempt, and stops when it is exhausted" do
    gateway.answer("Hi")
    gateway.empty(Support::PRIMARY, cost_usd: "2")
    @budget = Support::ChargingBudget.new(cap: "1.5")
    error = failure_of { ask }
    expect(error).to be_a(described_class::BudgetExceeded)
    expect(error.message).to include("exhausted", "#{Support::PRIMARY}: bad_answer (200)")
    expect(reasons(error.hops)).to eq([:bad_answer])
    expect(models_called).to eq([Support::PRIMARY])
    expect(budget.checks).to eq(2)
  end

  it "makes no attempt for a budget that is exhausted from the start" do
    @budget = Support::ChargingBudget.new(cap: "0")
    expect { ask }.to raise_error(described_class::BudgetExceeded, /so no model was called/)
    expect(gateway.requests).to be_empty
  end

  describe "when the budget cannot be charged" do
    let(:broken) do
      Class.new do
        def exhausted? = false
        def charge!(_cost) = raise(IOError, "the database is gone")
      end.new
    end

    it "hands over the answer that was paid for, with the budget's own error" do
      @budget = broken
      gateway.answer("Hi", cost_usd: "0.7")
      error = failure_of { ask }
      expect(error).to be_a(described_class::ChargeFailed).and have_attributes(cost_usd: BigDecimal("0.7"))
      expect(error.response.content).to eq("Hi")
      expect(error.cause).to be_a(IOError)
      expect(error.message).to include("0.7 USD", "IOError")
      expect(gateway.requests.size).to eq(1)
    end

    it "stops at a failed attempt too, for the money is owed" do
      @budget = broken
      gateway.empty(cost_usd: "0.7")
      expect(failure_of { ask }).to be_a(described_class::ChargeFailed)
        .and have_attributes(cost_usd: BigDecimal("0.7"), response: nil)
      expect(gateway.requests.size).to eq(1)
    end

    it "keeps and reports the failed attempt that it could not charge" do
      @budget = broken
      seen = []
      gateway.empty(cost_usd: "0.7")
      configure { |config| config.on_hop { |hop| seen << hop } }
      error = failure_of { ask }
      expect(reasons(error.hops)).to eq([:bad_answer])
      expect(seen).to eq(error.hops)
      expect(log).to include("#{Support::PRIMARY} at openrouter failed: bad_answer")
    end
  end

  it "needs a budget, and says what one is" do
    configure
    expect { described_class.new(chain: :default) }.to raise_error(ArgumentError, /budget/)
    expect { described_class.new(budget: Object.new) }.to raise_error(ArgumentError, /exhausted\? and charge!/)
    expect { described_class.new(budget: nil) }.to raise_error(ArgumentError, /Unlimited/)
  end

  it "has none where that is said on purpose" do
    gateway.answer("Hi", cost_usd: "0.7")
    configure
    answer = described_class.new(budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES)
    expect(answer.cost_usd).to eq(BigDecimal("0.7"))
    expect(described_class.new(budget: LlmRouter::Unlimited.new)).to be_a(described_class)
  end
end
