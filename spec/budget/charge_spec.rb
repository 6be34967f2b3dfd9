# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe "LlmRouter::Budget, charged" do
  odd = %w[0.00012749999999999998 0.000000000000000000000000000001 999999999999.999999999999999999999999999999
           2.1e-5 1 0.1 0.2 0.999999999999999999999999999999]

  Databases::NAMES.each do |database|
    describe "on #{database}", database: database do
      let(:budget) { model.for(organization) }

      it "adds decimals without losing a digit" do
        odd.each { |cost| budget.charge!(usd(cost)) }
        expect(spent(budget)).to be_a(BigDecimal).and eq(odd.sum { |cost| usd(cost) })
        expect(budget.reload.spent_usd).to eq(spent(budget))
      end

      it "keeps what the app itself writes to the digit, too" do
        budget.update!(cap_usd: odd.first, spent_usd: "12345.678901234567890123456789")
        budget.charge!("0.000000000000000000000000000011")
        expect(model.find(budget.id)).to have_attributes(
          cap_usd: usd(odd.first), spent_usd: usd("12345.678901234567890123456789000011")
        )
        expect(model.where("cap_usd IS NOT NULL").sum(:spent_usd)).to be_within(1).of(12_346)
      end

      it "rounds up what the column cannot hold" do
        2.times { budget.charge!(usd("0.0000000000000000000000000000001")) }
        expect(spent(budget)).to eq(usd("2e-30"))
      end

      it "goes on from numbers that were put there by hand" do
        { "0.5" => "0.75", "3" => "3.25", "0" => "0.25" }.each do |by_hand, after|
          model.where(id: budget.id).update_all("spent_usd = #{by_hand}")
          budget.charge!("0.25")
          expect(spent(budget)).to eq(usd(after))
        end
      end

      it "takes one round trip" do
        budget
        trips = round_trips { budget.charge!("0.5") }
        expect(trips).to match([/UPDATE.*INSERT/m])
      end

      it "turns the month in the charge itself" do
        travel_to Time.utc(2026, 1, 31, 12)
        budget.update!(cap_usd: 1)
        budget.charge!("1.5")
        expect(budget).to be_exhausted
        travel_to Time.utc(2026, 2, 1, 12)
        expect(budget).not_to be_exhausted
        expect(budget.reload.spent_usd).to eq(0)
        budget.charge!("0.25")
        budget.charge!("0.5")
        expect(budget.reload).to have_attributes(spent_usd: usd("0.75"), period_started_on: Date.new(2026, 2, 1))
      end

      it "counts a charge whose clock is behind in the period that the row is in" do
        travel_to Time.utc(2026, 2, 1, 12)
        budget.charge!("0.25")
        travel_to Time.utc(2026, 1, 31, 12)
        budget.charge!("0.5")
        expect(budget.reload).to have_attributes(spent_usd: usd("0.75"), period_started_on: Date.new(2026, 2, 1))
      end

      it "goes by the period that the row has, not by the one that was loaded" do
        travel_to Time.utc(2026, 1, 30, 12)
        budget.charge!(1)
        model.where(id: budget.id).update_all(period: "daily")
        travel_to Time.utc(2026, 1, 31, 12)
        budget.charge!("0.5")
        expect(spent(budget)).to eq(usd("0.5"))
        model.where(id: budget.id).update_all(period: "total")
        travel_to Time.utc(2029, 1, 1)
        budget.charge!("0.25")
        expect(spent(budget)).to eq(usd("0.75"))
      end

      it "reads from the database whether it is exhausted, past a query cache" do
        budget.update!(cap_usd: "1")
        model.cache do
          expect(budget).not_to be_exhausted
          in_processes(1) { model.find(budget.id).charge!("1") }
          expect(budget).to be_exhausted
          in_processes(1) { model.find(budget.id).update!(cap_usd: "1.5") }
          expect(budget).not_to be_exhausted
          expect(budget.remaining_usd).to eq(usd("0.5"))
        end
      end

      it "refuses what is no exact amount, and charges nothing" do
        { 0.1 => /Float \(0.1\).*exact/, nil => /NilClass/, "ten" => /"ten"/, -1 => /-1/, usd("NaN") => /NaN/,
          usd("Infinity") => /Infinity/, 10**20 => /from 0 to 99999999999999999999/ }.each do |amount, why|
          expect { budget.charge!(amount) }.to raise_error(ArgumentError, why)
        end
        expect(budget.update(cap_usd: 0.1)).to be(false)
        expect { budget.update!(cap_usd: "much") }.to raise_error(ActiveRecord::RecordInvalid, /"much"/)
        expect(spent(budget)).to eq(0)
      end

      it "holds the largest amount that there is, and no larger one" do
        most = LlmRouter::Setting::MAX_USD
        budget.update!(cap_usd: most)
        budget.charge!(most)
        expect([spent(budget), model.find(budget.id).cap_usd]).to eq([most, most])
        expect(budget.charges.map(&:cost_usd)).to eq([most])
        more = most + usd("1e-31")
        expect { budget.charge!(more) }.to raise_error(ArgumentError, /from 0 to 99999999999999999999/)
        expect { budget.update!(cap_usd: more) }.to raise_error(ActiveRecord::RecordInvalid, /from 0 to/)
        expect(spent(budget)).to eq(most)
      end

      it "says so when the row is gone, or was never saved" do
        model.where(id: budget.id).delete_all
        expect { budget.charge!(1) }.to raise_error(LlmRouter::Budget::RowMissing, /llm_budgets #{budget.id}: it was/)
        expect { budget.exhausted? }.to raise_error(LlmRouter::Budget::RowMissing)
        expect { model.new.charge!(1) }.to raise_error(LlmRouter::Budget::RowMissing, /not saved/)
      end
    end
  end
end
