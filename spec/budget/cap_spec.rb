# frozen_string_literal: true

require_relative "budget_helper"
require_relative "../../benchmark/support/crowd"
require_relative "../../benchmark/support/reckoning"
require_relative "../../benchmark/support/unreserved"

# Processes of threads call models until their budget refuses for good. The gateway is a process of its
# own that really bills, by chance, from a hundred-thousandth of a dollar to 2.50 USD an answer; what it
# says it took is held against what the rows say.
RSpec.describe "LlmRouter::Budget, under many calls at once", :slow do
  def row(feature, cap)
    model.for(nil, feature: feature).tap { |budget| budget.update!(cap_usd: cap, period: "total") }
  end

  def crowd(gateway, size, **options, &)
    processes, threads = size
    Crowd.new(gateway, processes: processes, threads: threads, **options, &).run
  end

  def expect_order(report, killed: 0)
    expect(report).to have_attributes(late: 0, crashed: 0, killed: killed)
    expect(report.failures).to be_empty
  end

  # To the last digit: what was billed has been charged, answer by answer, and nothing else.
  def expect_exact(reckoning)
    expect(reckoning.spent).to eq(reckoning.charged)
    expect(reckoning).to have_attributes(unnamed: 0, differing: [], estimates: [])
    expect_closed(reckoning)
  end

  def expect_closed(reckoning)
    expect(reckoning.reserved).to all(be_zero)
    expect(reckoning.reservations.count).to eq(0)
    expect(reckoning.differences).to be_empty
  end

  # The statistics of a server, which has them once those who were connected have gone.
  def deadlocks
    case connection.adapter_name
    when "PostgreSQL"
      connection.select_value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").to_i
    when "Mysql2" then connection.select_rows("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'").flatten.last.to_i
    else 0
    end
  end

  { postgresql: [[8, 4], "20.00"], mariadb: [[4, 4], "10.00"], sqlite: [[3, 2], "5.00"] }.each do |name, (size, usd)|
    describe "on #{name}", database: name do
      let(:cap) { BigDecimal(usd) }

      it "spends #{usd} USD to the last cent, and never more" do
        budget = row(:whole, cap)
        BillingGateway.open do |gateway|
          report = crowd(gateway, size) { [budget, budget] }
          reckoning = Reckoning.new(gateway, budget)

          expect_order(report)
          expect(report.answers).to eq(gateway.ledger.size)
          expect(reckoning.billed).to be <= cap
          expect(report.stops).to eq(size.inject(:*))
          expect(report.spent_at_first_stop).to be >= cap * usd("0.95")
          expect(reckoning.spent).to eq([reckoning.billed])
          expect_exact(reckoning)
        end
      end

      it "covers what those were billed for that were killed" do
        budget = row(:killed, cap)
        victims = Crowd.victims(size.first, seed: 11)
        BillingGateway.open(announce: victims) do |gateway|
          report = crowd(gateway, size, victims: victims.size, timeout: 2, lease_margin: 0.5) { [budget, budget] }
          reckoning = Reckoning.new(gateway, budget).end_leases

          expect(report).to have_attributes(late: 0, crashed: 0, killed: victims.size)
          expect(reckoning.estimates).not_to be_empty
          expect(reckoning.differing).to be_empty
          expect(reckoning.unnamed).to be <= reckoning.estimated
          expect(reckoning.billed).to be <= reckoning.spent.first
          expect(reckoning.spent.first).to be <= cap
          expect(reckoning.spent).to eq(reckoning.charged)
          expect_closed(reckoning)
        end
      end

      it "holds several caps at once, in whatever order they are given, without a deadlock" do
        app = row(nil, cap * 2)
        feature = row(:chat, cap)
        organizations = Array.new(2) { model.for(BudgetTable::Organization.create!) }
        organizations.each { |budget| budget.update!(cap_usd: cap * usd("0.6"), period: "total") }
        before = deadlocks
        BillingGateway.open do |gateway|
          report = crowd(gateway, size) do |process, thread|
            mine = organizations[thread % 2]
            [mine, [mine, feature, app].shuffle(random: Random.new((process * 10) + thread))]
          end
          reckoning = Reckoning.new(gateway, app, feature, *organizations)
          in_app, in_feature, *in_organizations = reckoning.spent

          expect_order(report)
          expect([in_app, in_feature, in_organizations.sum]).to all(eq(reckoning.billed))
          expect(in_feature).to be_between(cap * usd("0.95"), cap)
          expect(in_organizations).to all(be <= cap * usd("0.6"))
          expect_exact(reckoning)
          expect(deadlocks).to eq(before)
        end
      end

      it "is overspent where nothing is reserved, which is what these examples would see" do
        budget = row(:unreserved, cap)
        BillingGateway.open do |gateway|
          report = crowd(gateway, size) { [budget, Unreserved.new(budget)] }
          reckoning = Reckoning.new(gateway, budget)

          expect_order(report)
          expect(reckoning.billed).to be > cap
          expect(reckoning.spent).to eq([reckoning.billed])
        end
      end
    end
  end

  describe "with answers that are longer than they may be", database: :postgresql do
    it "charges the whole of what they cost, and exceeds the cap by no more than that" do
      budget = row(:overrun, "10.00")
      BillingGateway.open(overruns: 0.1) do |gateway|
        report = crowd(gateway, [4, 4]) { [budget, budget] }
        reckoning = Reckoning.new(gateway, budget)

        expect_order(report)
        expect(reckoning.overrun).to be_positive
        expect(reckoning.billed).to be <= 10 + reckoning.overrun
        expect(reckoning.spent).to eq([reckoning.billed])
        expect_exact(reckoning)
      end
    end
  end
end
