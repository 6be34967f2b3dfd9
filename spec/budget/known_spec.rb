# frozen_string_literal: true

require_relative "budget_helper"

# What a budget knows of itself, and what it says of wrong use.
Databases::NAMES.each do |database|
  RSpec.describe LlmRouter::Budget, "and what it shows, on #{database}", database: database do
    let(:budget) { model.for(nil).tap { |row| row.update!(cap_usd: "5") } }

    it "shows what was spent after a charge and after a call, without a reload" do
      budget.charge!("1.25")
      expect(budget.spent_usd).to eq(usd("1.25"))
      reservation = budget.reserve!("0.5", key: "a/1")
      expect(budget[:reserved_usd]).to eq(usd("0.5"))
      budget.settle!(reservation, "0.25")
      expect([budget.spent_usd, budget[:reserved_usd]]).to eq([usd("1.5"), 0])
      expect(budget).not_to be_changed
      expect(budget.inspect).to end_with("app production: 1.5 USD spent of 5.0 USD (its own cap), monthly>")
    end

    it "shows it of each of several, and keeps what the app has changed and not saved" do
      other = model.for(nil, feature: :chat)
      other.period = "daily"
      LlmRouter::Budgets.new([other, budget]).charge!(usd("0.5"))
      expect([budget.spent_usd, other[:spent_usd]]).to eq([usd("0.5")] * 2)
      expect(other.changes.keys).to eq(%w[period])
    end

    it "shows whose cap it is, or that there is none" do
      expect(model.for(nil, feature: :chat).inspect).to include("spent of no cap, monthly")
      capped = model_with { default_cap_usd "25" }
      expect(capped.for(nil, feature: :chat).inspect).to include("spent of 25.0 USD (default_cap_usd), monthly")
    end

    it "refuses a cap that is no amount as Rails does, on the attribute" do
      { "five" => /US dollars, such as "0.25"/, -1 => /from 0 to/, 2.5 => /only exact money/ }.each do |cap, message|
        expect(budget.update(cap_usd: cap)).to be(false)
        expect(budget.errors[:cap_usd]).to contain_exactly(match(message))
        expect { budget.update!(cap_usd: cap) }.to raise_error(ActiveRecord::RecordInvalid, message)
        expect(model.new(cap_usd: cap)).not_to be_valid
        expect(model.find(budget.id).cap_usd).to eq(5)
      end
      expect(budget.update(cap_usd: "7.5")).to be(true)
      expect(model.find(budget.id).tap(&:save!).cap_usd).to eq(usd("7.5"))
      expect(budget.update(cap_usd: "")).to be(true)
      expect(model.find(budget.id)[:cap_usd]).to be_nil
    end

    it "refuses what is no amount in a query" do
      expect { model.where(cap_usd: "five").to_a }.to raise_error(ArgumentError, /US dollars/)
    end

    it "names the periods there are" do
      expect(budget.update(period: "weekly")).to be(false)
      expect(budget.errors[:period]).to eq(["is one of monthly, daily, total"])
    end

    it "says which command makes its tables" do
      budget
      connection.rename_table(:llm_charges, :away)
      said = raise_error(LlmRouter::Budget::TablesMissing, %r{\Allm_charges: no such table .* Run bin/rails db:migrate})
      expect { budget.charge!(1) }.to said
      connection.rename_table(:llm_budgets, :far_away)
      model.reset_column_information
      expect { model.for(nil, feature: :chat) }
        .to raise_error(LlmRouter::Budget::TablesMissing, /\Allm_budgets, llm_charges: .* generate llm_router:install/)
    ensure
      { away: :llm_charges, far_away: :llm_budgets }.each do |from, to|
        connection.rename_table(from, to) if connection.table_exists?(from)
      end
      model.reset_column_information
    end

    describe "charged by hand after a call" do
      before do
        gateway.answer("Hi", cost_usd: "0.25")
        configure
      end

      # The article's own last lines.
      def draft_and_charge(amount = nil)
        draft = LlmRouter.new(budget: budget).call(messages: Support::MESSAGES)
        budget.charge!(amount || draft.cost_usd)
      end

      it "is charged, and warned of once for each place" do
        2.times { draft_and_charge }
        expect(log.scan("known_spec.rb").size).to eq(1)
        expect(log).to match(/known_spec\.rb:\d+ charges app production by hand .* The call charged it already/)
        expect(spent(budget)).to eq(1)
      end

      it "says nothing of another amount, another budget, or another thread" do
        draft_and_charge(usd("0.1"))
        model.for(nil, feature: :chat).charge!("0.25")
        Thread.new { budget.charge!("0.25") }.join
        expect(log).not_to include("by hand")
      end
    end
  end
end
