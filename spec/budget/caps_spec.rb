# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe "LlmRouter::Budget, its cap and its period", database: :sqlite do
  it "has the row's own cap, or the model's, which holds for rows that are there" do
    budget = model.for(organization)
    budget.charge!("3")
    capped = model_with { default_cap_usd "3.00" }
    expect(capped.find(budget.id)).to be_exhausted
    expect(capped.for(organization)).to have_attributes(cap_usd: usd("3"), remaining_usd: 0)
    capped.for(organization).update!(cap_usd: "5")
    expect(capped.for(organization)).to have_attributes(cap_usd: usd("5"), remaining_usd: 2, exhausted?: false)
  end

  it "may differ by feature" do
    capped = model_with { default_cap_usd "25.00", draft_reply: "5.00", free: nil }
    caps = [nil, :draft_reply, :free, :chat].map { |feature| capped.for(nil, feature: feature).cap_usd }
    expect(caps).to eq([25, 5, nil, 25])
  end

  it "may come from a block, given the owner and the feature" do
    capped = model_with { default_cap_usd { |owner, feature| feature == :chat ? nil : owner&.llm_cap_usd || "100" } }
    organization.update!(llm_cap_usd: "7.25")
    expect(capped.for(organization).cap_usd).to eq(usd("7.25"))
    expect(capped.find(capped.for(organization).id).remaining_usd).to eq(usd("7.25"))
    expect(capped.for(nil).cap_usd).to eq(100)
    expect(capped.for(organization, feature: :chat).cap_usd).to be_nil
  end

  describe "from a block that reads the owner" do
    let(:capped) { model_with { default_cap_usd { |owner,| owner ? owner.llm_cap_usd : "100" } } }
    let(:row) { capped.for(organization.tap { |owner| owner.update!(llm_cap_usd: "7.25") }) }

    def reservation_of(amount)
      capped.find(row.id).reserve!(amount, key: "job/1")
    end

    it "is 0 where the owner was deleted, and not that of the app" do
      held = reservation_of("0.5")
      organization.delete
      expect(capped.find(row.id)).to have_attributes(cap_usd: 0, remaining_usd: 0, exhausted?: true)
      expect { reservation_of("0.5") }.to raise_error(have_attributes(left_usd: 0))
      expect(log).to include("llm_budgets #{row.id} (BudgetTable::Organization/#{organization.id} production): " \
                             "the owner was deleted, so the cap is 0 USD. Delete the row, or set its cap_usd")
      capped.find(row.id).settle!(held, "0.25")
      expect(spent(row)).to eq(usd("0.25"))
      capped.find(row.id).update!(cap_usd: 1)
      expect(capped.find(row.id).remaining_usd).to eq(usd("0.75"))
    end

    it "is that of an owner that a default scope hides, preloaded or not" do
      stub_const("Team", Class.new(ActiveRecord::Base) do
        self.table_name = "organizations"
        default_scope { where("llm_cap_usd <> 7.25") }
      end)
      row = capped.for(Team.create!(llm_cap_usd: "7.25"))
      expect(Team.count).to eq(0)
      [capped.find(row.id), capped.preload(:owner).find(row.id), row].each do |found|
        expect(found).to have_attributes(cap_usd: usd("7.25"), remaining_usd: usd("7.25"))
      end
      expect { row.reserve!("8", key: "job/1") }.to raise_error(have_attributes(left_usd: usd("7.25")))
    end

    it "leaves a cap that is the same for all alone" do
      same = model_with { default_cap_usd "3" }
      row = same.for(organization)
      organization.delete
      expect(same.find(row.id).cap_usd).to eq(3)
    end

    it "works with strict loading, of the budget and of the owner, and leaves their flags as they are" do
      owned = model_with { default_cap_usd { |owner,| owner.budgets.to_a.size * 2 } }
      row = owned.for(organization)
      [owned, BudgetTable::Organization].each { |strict| strict.strict_loading_by_default = true }
      owner = BudgetTable::Organization.find(organization.id)
      [owned.find(row.id), owned.for(owner), owned.preload(:owner).find(row.id), row.tap(&:strict_loading!)]
        .each { |budget| expect(budget).to have_attributes(cap_usd: 2, remaining_usd: 2, exhausted?: false) }
      owned.find(row.id).settle!(owned.for(owner).reserve!("0.5", key: "job/1"), "0.25")
      expect(spent(row)).to eq(usd("0.25"))
      expect(owner).to be_strict_loading
    ensure
      [owned, BudgetTable::Organization].each { |strict| strict.strict_loading_by_default = false }
    end

    it "works with strict loading of many records only" do
      owner = BudgetTable::Organization.find(row.owner.id)
      # From Rails 7.0 on.
      next unless owner.method(:strict_loading!).arity.negative?

      owner.strict_loading!(mode: :n_plus_one_only)
      budget = capped.for(owner)
      budget.strict_loading!(mode: :n_plus_one_only)
      expect(budget.remaining_usd).to eq(usd("7.25"))
    end

    it "keeps no connection from the pool" do
      row = capped.find(self.row.id)
      ActiveRecord::Base.connection_pool.release_connection
      row.remaining_usd
      expect(ActiveRecord::Base.connection_pool).not_to be_active_connection
    end
  end

  it "is inherited" do
    parent = model_with { default_cap_usd "3" }
    child = Class.new(parent) { def self.name = "Child" }
    expect(child.for(nil).cap_usd).to eq(3)
  end

  it "must be exact, and a cap of nothing lets nothing through" do
    expect { model_with { default_cap_usd 2.5 } }.to raise_error(ArgumentError, /default_cap_usd is a Float/)
    expect { model_with { default_cap_usd { 2.5 } }.for(nil).exhausted? }.to raise_error(ArgumentError, /Float/)
    expect(model_with { default_cap_usd 0 }.for(nil)).to be_exhausted
  end

  it "refuses nothing without a cap, and warns of that once, unless it is meant" do
    uncapped = model_with { nil }
    2.times { uncapped.for(nil) }
    uncapped.for(nil).charge!(1000)
    expect(uncapped.for(nil)).to have_attributes(exhausted?: false, remaining_usd: nil, spent_usd: 1000)
    expect(log.scan(/LlmBudget has rows without a cap.*default_cap_usd/).size).to eq(1)

    model_with { default_cap_usd nil }.for(nil)
    model_with { nil }.for(nil).update!(cap_usd: 1)
    capped = model_with { nil }
    capped.for(nil)
    expect(log.scan("without a cap").size).to eq(2)
  end

  it "counts for the environment that the app runs in", :slow do
    code = 'require "llm_router"; print LlmRouter::Budget.environment, " "; ' \
           'require "rails"; print LlmRouter::Budget.environment'
    environments = { "staging" => "staging staging", nil => "development development" }
    environments.each do |name, seen|
      there = { "RAILS_ENV" => name, "RACK_ENV" => nil }
      expect(IO.popen([there, RbConfig.ruby, "-I", "lib", "-e", code], &:read)).to eq(seen)
    end
    in_environment("staging") { expect(model.for(nil).environment).to eq("staging") }
  end

  it "begins and ends periods in the app's time zone, whatever zone a request is in" do
    Time.zone_default = Time.find_zone!("Auckland")
    travel_to Time.utc(2026, 1, 31, 11, 30)
    budget = Time.use_zone("UTC") { model.for(nil) }
    expect(budget.period_started_on).to eq(Date.new(2026, 2, 1))
    expect(Time.use_zone("UTC") { budget.period_ends_at }).to eq(Time.utc(2026, 2, 28, 11))
    budget.update!(period: "daily")
    expect(budget.period_ends_at).to eq(Time.utc(2026, 2, 1, 11))
    budget.update!(period: "total")
    expect(budget.period_ends_at).to be_nil
  end

  it "goes by the system's time zone where the app has none" do
    travel_to Time.local(2026, 12, 31, 23, 59)
    budget = model.for(nil)
    expect(budget.period_started_on).to eq(Date.new(2026, 12, 1))
    expect(budget.period_ends_at).to eq(Time.local(2027, 1, 1))
  end
end
