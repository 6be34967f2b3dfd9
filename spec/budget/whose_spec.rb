# frozen_string_literal: true

require "llm_router/notifications"
require_relative "budget_helper"

# Which of several budgets has no room, and what it has left until when.
RSpec.describe LlmRouter::BudgetExceeded, database: :sqlite do
  let(:team) { Class.new(Support::ReservingBudget) { def self.name = "TeamBudget" } }
  let(:events) { [] }

  before do
    stub_const("Organization", BudgetTable::Organization)
    allow(Organization).to receive(:polymorphic_name).and_return("Organization")
    Time.zone_default = ActiveSupport::TimeZone["UTC"]
    travel_to Time.utc(2026, 11, 27, 12)
    LlmRouter.reset_configuration!
    configure(price_ttl: nil) do |config|
      Support::CHAIN.each { |name| config.price name, prompt: "0", completion: "0.01" }
    end
  end

  def of(owner, cap:, spent: 0, **options)
    period = options.delete(:period) || "monthly"
    model.for(owner, **options).tap { |row| row.update!(cap_usd: cap, period: period) }.tap do |row|
      row.charge!(spent)
    end
  end

  # The error of a call for which 0.5 US dollars are needed.
  def refusal_of(*budgets)
    listener = ->(*, payload) { events << payload }
    ActiveSupport::Notifications.subscribed(listener, "budget_exceeded.llm_router") do
      failure_of { LlmRouter.new(budget: budgets).call(messages: Support::MESSAGES, max_tokens: 50) }
    end
  end

  it "is named in the error, the log, the event and the hop" do
    feature = of(organization, feature: :draft_reply, cap: 5, spent: "4.9084")
    error = refusal_of(of(nil, cap: 100), feature, of(organization, cap: 25))
    scope = "Organization/#{organization.id} draft_reply production"
    words = "#{scope} has 0.0916 of 5 USD left until 1 December"
    expect(error).to have_attributes(budget: equal(feature), scope: scope, left_usd: usd("0.0916"), cap_usd: 5,
                                     needed_usd: usd("0.5"), period_ends_at: Time.utc(2026, 12, 1))
    expect(error.message).to include("so no model was called: 0.5 USD are needed, #{words}")
    expect(error.hops.map(&:message)).to all(end_with("it may cost 0.5 USD, and #{words}"))
    expect(log).to match(/WARN.*#{Support::FLOOR} was not called: .*#{words}/)
    expect(events).to match([include(scope: scope, budget: equal(feature), left_usd: usd("0.0916"), cap_usd: 5,
                                     needed_usd: usd("0.5"), period_ends_at: Time.utc(2026, 12, 1),
                                     message: error.message)])
  end

  it "is the one that has room again last, where several have none" do
    daily = of(organization, cap: 1, spent: "0.95", period: "daily")
    monthly = of(organization, feature: :chat, cap: 1, spent: "0.75")
    total = of(nil, cap: 1, spent: "0.625", period: "total")
    expect(refusal_of(daily).message).to include("production has 0.05 of 1 USD left until 28 November")
    expect(refusal_of(monthly, daily)).to have_attributes(budget: monthly, left_usd: usd("0.25"))
    error = refusal_of(daily, total, monthly)
    expect(error).to have_attributes(budget: total, scope: "app production", period_ends_at: nil)
    expect(error.message).to end_with("app production has 0.375 of 1 USD left")
  end

  it "is no budget whose money is only held by calls under way, where another's is spent" do
    held = of(nil, cap: 1, period: "total")
    held.reserve!("0.75", key: "another")
    spent = of(organization, cap: 1, spent: 1, period: "daily")
    expect(refusal_of(held)).to have_attributes(budget: held, retry_after: be_positive)
    expect(refusal_of(held, spent)).to have_attributes(budget: spent, retry_after: nil,
                                                       period_ends_at: Time.utc(2026, 11, 28))
  end

  it "is known by its class where it does not say whose it is, or by what it says" do
    own = team.new(cap: "0.25")
    error = refusal_of(of(nil, cap: 100), own)
    expect(error).to have_attributes(budget: equal(own), scope: "TeamBudget")
    expect(error.message).to end_with("TeamBudget has 0.25 USD left")
    def own.scope_in_words = "team Red"
    expect(refusal_of(own).message).to end_with("team Red has 0.25 USD left")
    nameless = Class.new(Support::ReservingBudget).new(cap: "0.25")
    expect(refusal_of(nameless).message).to end_with("the budget has 0.25 USD left")
  end

  it "is the exhausted one of several that do not reserve" do
    spent = Support::ChargingBudget.new(cap: "0")
    def spent.period_ends_at = Time.utc(2027, 1, 1, 8, 30)
    error = refusal_of(Support::ChargingBudget.new, spent)
    expect(error).to have_attributes(budget: equal(spent), scope: "Support::ChargingBudget")
    ends = "left until 1 January 2027 08:30 UTC"
    expect(error.message).to end_with("Support::ChargingBudget has nothing #{ends}")
    expect(refusal_of(of(nil, cap: 9), spent).message).to end_with("Support::ChargingBudget has 0 USD #{ends}")
  end
end
