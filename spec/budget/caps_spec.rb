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

  it "counts for the environment that the app runs in" do
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
