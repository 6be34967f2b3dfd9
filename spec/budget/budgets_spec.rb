# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe LlmRouter::Budgets do
  let(:plain) { Support::ChargingBudget.new(cap: "1") }
  let(:broken) do
    Class.new do
      def exhausted? = false
      def charge!(_cost) = raise(IOError, "gone")
    end.new
  end

  describe "of budgets of the app's own" do
    it "is exhausted when one of them is, and charges each of them once" do
      other = Support::ChargingBudget.new(cap: "3")
      budgets = described_class.new([plain, described_class.new([other, plain])])
      expect(budgets).not_to be_exhausted
      budgets.charge!(BigDecimal("1.5"))
      expect(budgets).to be_exhausted
      expect([plain, other].map(&:charges)).to eq([[BigDecimal("1.5")]] * 2)
    end

    it "says which are left where one fails, and charges the others" do
      error = begin
        described_class.new([broken, plain]).charge!(BigDecimal("0.5"))
      rescue described_class::PartlyCharged => e
        e
      end
      expect(error.left.budgets).to eq([broken])
      expect(error.cause).to be_a(IOError)
      expect(plain.charges).to eq([BigDecimal("0.5")])
      expect { described_class.new([broken]).charge!(1) }.to raise_error(IOError, "gone")
    end

    it "ends when the last of the exhausted ones does, or never" do
      ends = ->(time, spent) { Struct.new(:period_ends_at, :exhausted?, :charge!).new(time, spent) }
      soon, later, latest = Array.new(3) { |days| Time.at(days * 86_400) }
      three = [ends[soon, true], ends[later, true], ends[latest, false]]
      expect(described_class.new(three).period_ends_at).to eq(later)
      expect(described_class.new([ends[soon, true], ends[nil, true]]).period_ends_at).to be_nil
      expect(described_class.new([Support::ChargingBudget.new(cap: "0")]).period_ends_at).to be_nil
    end

    it "refuses to be none" do
      expect { described_class.new([]) }.to raise_error(ArgumentError, /Unlimited/)
    end

    it "needs no Active Record" do
      code = 'require "llm_router"; b = LlmRouter::Unlimited; LlmRouter::Budgets.new([b]).charge!(1); ' \
             "print defined?(ActiveRecord).inspect"
      expect(output_of(code)).to eq("nil")
    end
  end

  Databases::NAMES.each do |database|
    describe "of rows on #{database}", database: database do
      let(:rows) { [model.for(organization), model.for(organization, feature: :chat), model.for(nil)] }
      let(:budgets) { described_class.new(rows) }

      it "charges all of them, and is exhausted when one is" do
        rows.last.update!(cap_usd: "0.3")
        2.times { budgets.charge!("0.1") }
        expect(budgets).not_to be_exhausted
        budgets.charge!("0.1")
        expect(budgets).to be_exhausted
        expect(rows.map { |row| spent(row) }).to eq([usd("0.3")] * 3)
        expect(budgets.period_ends_at).to eq(rows.last.period_ends_at)
      end

      it "charges none of them where one is gone" do
        rows.last.destroy!
        expect { budgets.charge!("0.1") }.to raise_error(LlmRouter::Budget::RowMissing, /Nothing was charged/)
        expect(rows.first(2).map { |row| spent(row) }).to eq([0, 0])
      end

      it "charges rows and the app's own, and says which are left" do
        expect { described_class.new([*rows, broken]).charge!("0.1") }
          .to raise_error(described_class::PartlyCharged) { |error| expect(error.left.budgets).to eq([broken]) }
        rows.last.destroy!
        expect { described_class.new([*rows, plain]).charge!(BigDecimal("0.1")) }
          .to raise_error(described_class::PartlyCharged) { |error| expect(error.left.budgets).to eq(rows) }
        expect(plain.charges).to eq([BigDecimal("0.1")])
      end

      it "cannot wait for itself, whatever the order in which it is given them", :slow do
        rows
        in_processes(4) do |index|
          mine = described_class.new(rows.rotate(index))
          Array.new(3) { Thread.new { 10.times { mine.charge!("0.0000000000000001") } } }.each(&:join)
        end
        expect(rows.map { |row| spent(row) }).to eq([usd("0.000000000000012")] * 3)
      end
    end
  end
end
