# frozen_string_literal: true

RSpec.describe LlmRouter::Account do
  # Counts how often its methods are looked up.
  def watched(budget)
    lookups = Hash.new(0)
    budget.define_singleton_method(:method) do |name|
      lookups[name] += 1
      super(name)
    end
    [budget, lookups]
  end

  it "decides once whether a method takes the attempt, however many attempts there are" do
    budget, lookups = watched(Support::ReservingBudget.new(cap: "5"))
    account = described_class.of(budget)
    decided = lookups.dup
    3.times { account.settle(account.reserve(BigDecimal(1), key: "a") { nil }, BigDecimal(1)) { nil } }
    expect(decided).not_to be_empty
    expect(lookups).to eq(decided)
  end

  it "makes no attempt for a budget that does not take it" do
    plain = Class.new do
      def exhausted? = false
      def charge!(_cost_usd) = nil
    end
    expect { |made| described_class.of(plain.new).charge(BigDecimal(1), &made) }.not_to yield_control
  end
end
