# frozen_string_literal: true

require_relative "batch/batch_helper"

# Rust reads it.
RSpec.describe LlmRouter::Call, "#gate" do
  include BatchHelper

  before do
    configure(price_ttl: nil) { |config| config.price Support::PRIMARY, prompt: "0", completion: "0.01" }
    gateway.answer("Hi", cost_usd: "0.5")
  end

  # What the gates of the block decided.
  def decisions(of = described_class)
    seen = []
    allow_any_instance_of(of).to receive(:gate).and_wrap_original do |gate, *given|
      gate.call(*given).tap { |decision| seen << decision }
    end
    yield
    seen
  end

  def call(budget)
    router(budget: budget, chain: [Support::PRIMARY]).call(**requests(1).first, max_tokens: 50)
  end

  it "proceeds without rates where the budget does not reserve" do
    expect(decisions { call(LlmRouter::Unlimited) }).to eq([[:proceed, nil]])
  end

  it "proceeds with the rates that were reserved" do
    expect(decisions { call(Support::ReservingBudget.new) }).to eq([[:proceed, ["0.0", "0.01", "0.0", nil]]])
  end

  it "says why an attempt is too expensive" do
    poor = Support::ReservingBudget.new(cap: "0.1")
    seen = decisions { expect { call(poor) }.to raise_error(LlmRouter::BudgetExceeded) }
    expect(seen).to match([[:too_expensive, a_string_starting_with("not called: it may cost 0.5 USD")]])
  end

  it "puts a call off that fits when another of the batch has released its reservation" do
    calls = requests(2).map { |request| { **request, max_tokens: 50 } }
    seen = decisions(LlmRouter::BatchedCall) do
      router(budget: Support::ReservingBudget.new(cap: "1.2"), chain: [Support::PRIMARY]).call_all(calls + calls)
    end
    expect(seen.map(&:first).uniq).to match_array(%i[proceed later too_expensive])
    expect(seen.select { |decision,| decision == :later }).to all(eq([:later, nil]))
  end
end
