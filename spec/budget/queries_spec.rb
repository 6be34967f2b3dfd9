# frozen_string_literal: true

require_relative "budget_helper"

# What was spent, as people query it.
Databases::NAMES.each do |database|
  RSpec.describe "What budgets have spent, on #{database}", database: database do
    def row(owner, spent: nil, cap: nil, feature: nil, period: "monthly", on: nil)
      on ? travel_to(on) : travel_back
      model.for(owner, feature: feature).tap do |budget|
        budget.update!(cap_usd: cap, period: period)
        budget.charge!(spent) if spent
      end
    ensure
      travel_back
    end

    let(:ten) { row(BudgetTable::Organization.create!, spent: "10.25", cap: 20) }
    let(:small) { row(BudgetTable::Organization.create!, spent: "0.75", cap: 1) }
    let(:middle) { row(BudgetTable::Organization.create!, spent: "2.5", cap: 100) }
    let(:ended) { row(BudgetTable::Organization.create!, spent: "50", cap: 50, on: Time.now - (40 * 86_400)) }
    let(:all) { [ten, small, middle, ended] }

    before { all }

    it "are ordered and compared as numbers" do
      expect(model.order(spent_usd: :desc).to_a).to eq([ended, ten, middle, small])
      expect(model.order(:spent_usd).first).to eq(small)
      expect(model.where(spent_usd: 1..)).to contain_exactly(ended, ten, middle)
      expect(model.where(spent_usd: "0.75")).to eq([small])
      expect(model.where(model.arel_table[:spent_usd].lt(5))).to contain_exactly(small, middle)
      expect([model.minimum(:spent_usd), model.maximum(:spent_usd)]).to eq([usd("0.75"), usd("50")])
    end

    it "are summed exactly" do
      expect(model.sum(:spent_usd)).to eq(usd("63.5"))
      expect(model.group(:period).sum(:spent_usd)).to eq("monthly" => usd("63.5"))
      ten.charge!("0.000000000000000000000000000001")
      expect(ten.charges.sum(:cost_usd)).to eq(usd("10.250000000000000000000000000001"))
      expect(model::Charge.group(:model).sum(:cost_usd)).to eq(nil => usd("63.500000000000000000000000000001"))
      expect(model::Charge.group(:budget_id).sum(:cost_usd)[ten.id]).to eq(usd("10.250000000000000000000000000001"))
    end

    it "are compared right by SQL of one's own, or that is refused" do
      conditions = ["spent_usd > 1", ["spent_usd > ?", 1], ["#{model.table_name}.spent_usd > :usd", { usd: 1 }]]
      conditions.each do |condition|
        if database == :sqlite
          refused = raise_error(ArgumentError, /on SQLite money is text.*where\(spent_usd: 1\.\.\)/)
          expect { model.where(condition).to_a }.to refused
          expect { model.where.not(condition).to_a }.to refused
          expect { model.group(:period).having(condition).to_a }.to refused
        else
          expect(model.where(condition)).to contain_exactly(ended, ten, middle)
        end
      end
      expect(model.where("period = 'monthly'").where.not("id = 0").count).to eq(4)
    end

    it "are those of the current period" do
      daily = row(BudgetTable::Organization.create!, spent: 3, period: "daily")
      yesterday = row(BudgetTable::Organization.create!, spent: 4, period: "daily", on: Time.now - 86_400)
      ever = row(BudgetTable::Organization.create!, spent: 5, period: "total", on: Time.now - (400 * 86_400))
      expect(model.current).to contain_exactly(ten, small, middle, daily, ever)
      expect(model.current.sum(:spent_usd)).to eq(usd("21.5"))
      expect(model.where(period: "daily").current).to eq([daily])
      expect(model.by_spent.first(5)).to eq([ten, ever, daily, middle, small])
      expect(model.by_spent.last(2)).to contain_exactly(ended, yesterday)
    end

    it "are near the cap that holds now, with what is reserved" do
      expect(model.near_cap).to be_empty
      small.reserve!("0.1", key: "a/1")
      expect(model.near_cap).to eq([small])
      expect(model.near_cap(0.5)).to contain_exactly(small, ten)
      capped = model_with { default_cap_usd "2.6" }
      middle.update!(cap_usd: nil)
      expect(capped.near_cap(0.9).map(&:id)).to eq([middle.id])
      expect(capped.where(id: ten.id).near_cap).to be_empty
      expect { model.near_cap(80) }.to raise_error(ArgumentError, /near_cap\(80\): give a share of the cap, from 0/)
    end

    it "have their charges, which can be joined" do
      model.connection.execute("UPDATE llm_charges SET model = 'a/b' WHERE budget_id = #{ten.id}")
      expect(model.joins(:charges).where(llm_charges: { model: "a/b" })).to eq([ten])
      expect(ten.charges.map(&:cost_usd)).to eq([usd("10.25")])
      expect(ten.charges.first.budget).to eq(ten)
      ten.reserve!("0.5", key: "a/1")
      expect(ten.reservations.map(&:usd)).to eq([usd("0.5")])
      expect { ten.charges.first.update!(cost_usd: 1) }.to raise_error(ActiveRecord::ReadOnlyRecord)
    end

    it "show their counts of tokens, which Rails' default filter would hide" do
      allow(ActiveRecord::Base).to receive(:filter_attributes).and_return([/token/])
      model.connection.execute("UPDATE llm_charges SET prompt_tokens = 12")
      expect(model::Charge.first.inspect).to include("prompt_tokens: 12")
    end

    describe "where two budgets pay for one attempt" do
      let(:owner) { BudgetTable::Organization.create! }
      let(:all) { [] }

      def pay(budgets, cost, **known)
        attempt = LlmRouter::Attempt.new(model: "a/b", endpoint: "openrouter", lease: 60, **known)
        LlmRouter::Budgets.new(budgets).charge!(usd(cost), attempt: attempt)
      end

      before do
        organization = model.for(owner)
        app = model.for(nil)
        pay([organization, model.for(owner, feature: :draft), app], "1.5")
        pay([organization, model.for(owner, feature: :draft), app], "1.5")
        pay([organization, app], "0.25", model: "c/d")
        pay([app], "4")
      end

      it "count it once in each group, and once in all" do
        expect(model.spent(by: :owner)).to eq(nil => usd("7.25"), owner => usd("3.25"))
        expect(model.spent(by: :feature)).to eq(nil => usd("7.25"), "draft" => usd("3"))
        expect(model.spent(by: :model)).to eq("a/b" => usd("7"), "c/d" => usd("0.25"))
        expect(model.spent(by: :environment)).to eq("production" => usd("7.25"))
        expect(model.spent).to eq(usd("7.25"))
        expect(model.where(feature: "draft").spent(by: :owner)).to eq(owner => usd("3"))
        expect(model.spent(by: :owner).keys.first).to be_nil
      end

      it "name an owner that is gone" do
        owner.delete
        expect(model.spent(by: :owner).keys).to eq([nil, "BudgetTable::Organization/#{owner.id}"])
      end

      it "go by a month, a date, or a range" do
        last_month = Time.now.to_date.prev_month
        travel_to(last_month.to_time + 43_200) { pay([model.for(owner)], "9") }
        expect(model.spent(period: last_month)).to eq(9)
        expect(model.spent(period: last_month.strftime("%Y-%m"))).to eq(9)
        expect(model.spent(period: last_month..Time.now.to_date)).to eq(usd("16.25"))
        expect(model.spent(period: (Time.now - 3600)..)).to eq(usd("7.25"))
        expect(model.spent).to eq(usd("7.25"))
        %w[now 2026-13 26].each do |odd|
          expect { model.spent(period: odd) }.to raise_error(ArgumentError, /is no month: give one such as "2026-11"/)
        end
        expect { model.spent(by: :week) }.to raise_error(ArgumentError, /by: :week: give one of \[:owner, :feature/)
      end

      it "are reported, budget by budget and together" do
        allow(LlmRouter::Budget).to receive(:models).and_return([model])
        report = LlmRouter::Budget.report
        expect(report.lines.map { |line| [line.budget.scope_in_words, line.spent_usd, line.attempts] }.first(2))
          .to eq([["app production", usd("7.25"), 4], ["#{owner.class}/#{owner.id} production", usd("3.25"), 3]])
        expect(report.total_usd).to eq(usd("7.25"))
        month = Time.now.to_date
        expect(report.to_s).to start_with("#{month.beginning_of_month} to #{month.end_of_month}: 7.25 USD\n")
        expect(report.to_s).to match(/: 7\.25 USD$/).and match(/3\.0 USD +2 attempts .* draft production/)
      end
    end
  end
end
