# frozen_string_literal: true

require_relative "budget_helper"
require_relative "../support/contention/calling_processes"
require_relative "../support/contention/reconciliation"
require_relative "../support/contention/unreserving_budget"

# Processes of threads call models until their budget refuses for good. The gateway is a process of its own that bills
# a random amount from 0.00001 to 2.50 USD an answer; its ledger is compared with the rows.
RSpec.describe "LlmRouter::Budget, under many calls at once", :slow do
  def row(feature, cap)
    model.for(nil, feature: feature).tap { |budget| budget.update!(cap_usd: cap, period: "total") }
  end

  def run_calls(gateway, size, **options, &)
    processes, threads = size
    CallingProcesses.new(gateway, processes: processes, threads: threads, **options, &).run
  end

  def expect_order(report, killed: 0)
    expect(report).to have_attributes(late: 0, crashed: 0, killed: killed)
    expect(report.failures).to be_empty
  end

  # To the last digit: what was billed has been charged, answer by answer, and nothing else.
  def expect_exact(reconciliation)
    expect(reconciliation.spent).to eq(reconciliation.charged)
    expect(reconciliation).to have_attributes(unnamed: 0, differing: [], estimates: [])
    expect_closed(reconciliation)
  end

  def expect_closed(reconciliation)
    expect(reconciliation.reserved).to all(be_zero)
    expect(reconciliation.reservations.count).to eq(0)
    expect(reconciliation.differences).to be_empty
  end

  # The statistics of a server, which has them once those who were connected have gone.
  def deadlocks
    case connection.adapter_name
    when "PostgreSQL"
      connection.select_value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").to_i
    when "Mysql2", "Trilogy" then connection.select_rows("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'").flatten.last.to_i
    else 0
    end
  end

  { postgresql: [[8, 4], "20.00"], mariadb: [[4, 4], "10.00"], sqlite: [[3, 2], "5.00"] }.each do |name, (size, usd)|
    describe "on #{name}", database: name do
      let(:cap) { BigDecimal(usd) }

      it "spends #{usd} USD to the last cent, and never more" do
        budget = row(:whole, cap)
        BillingGateway.open do |gateway|
          report = run_calls(gateway, size) { [budget, budget] }
          reconciliation = Reconciliation.new(gateway, budget)

          expect_order(report)
          expect(report.answers).to eq(gateway.ledger.size)
          expect(reconciliation.billed).to be <= cap
          expect(report.stops).to eq(size.inject(:*))
          expect(report.spent_at_first_stop).to be >= cap * usd("0.95")
          expect(reconciliation.spent).to eq([reconciliation.billed])
          expect_exact(reconciliation)
        end
      end

      it "covers what those were billed for that were killed" do
        budget = row(:killed, cap)
        victims = CallingProcesses.victims(size.first, seed: 11)
        BillingGateway.open(announce: victims) do |gateway|
          report = run_calls(gateway, size, victims: victims.size, timeout: 2, lease_margin: 0.5) { [budget, budget] }
          reconciliation = Reconciliation.new(gateway, budget).end_leases

          expect(report).to have_attributes(late: 0, crashed: 0, killed: victims.size)
          expect(reconciliation.estimates).not_to be_empty
          expect(reconciliation.differing).to be_empty
          expect(reconciliation.unnamed).to be <= reconciliation.estimated
          expect(reconciliation.billed).to be <= reconciliation.spent.first
          expect(reconciliation.spent.first).to be <= cap
          expect(reconciliation.spent).to eq(reconciliation.charged)
          expect_closed(reconciliation)
        end
      end

      it "holds several caps at once, in whatever order they are given, without a deadlock" do
        app = row(nil, cap * 2)
        feature = row(:chat, cap)
        organizations = Array.new(2) { model.for(BudgetTable::Organization.create!) }
        organizations.each { |budget| budget.update!(cap_usd: cap * usd("0.6"), period: "total") }
        before = deadlocks
        BillingGateway.open do |gateway|
          report = run_calls(gateway, size) do |process, thread|
            mine = organizations[thread % 2]
            [mine, [mine, feature, app].shuffle(random: Random.new((process * 10) + thread))]
          end
          reconciliation = Reconciliation.new(gateway, app, feature, *organizations)
          in_app, in_feature, *in_organizations = reconciliation.spent

          expect_order(report)
          expect([in_app, in_feature, in_organizations.sum]).to all(eq(reconciliation.billed))
          expect(in_feature).to be_between(cap * usd("0.95"), cap)
          expect(in_organizations).to all(be <= cap * usd("0.6"))
          expect_exact(reconciliation)
          expect(deadlocks).to eq(before)
        end
      end

      it "is overspent where nothing is reserved, which is what these examples would see" do
        budget = row(:unreserved, cap)
        BillingGateway.open do |gateway|
          report = run_calls(gateway, size) { [budget, UnreservingBudget.new(budget)] }
          reconciliation = Reconciliation.new(gateway, budget)

          expect_order(report)
          expect(reconciliation.billed).to be > cap
          expect(reconciliation.spent).to eq([reconciliation.billed])
        end
      end
    end
  end

  describe "with answers that are longer than they may be", database: :postgresql do
    it "charges the whole of what they cost, and exceeds the cap by no more than that" do
      budget = row(:overrun, "10.00")
      BillingGateway.open(overruns: 0.1) do |gateway|
        report = run_calls(gateway, [4, 4]) { [budget, budget] }
        reconciliation = Reconciliation.new(gateway, budget)

        expect_order(report)
        expect(reconciliation.overrun).to be_positive
        expect(reconciliation.billed).to be <= 10 + reconciliation.overrun
        expect(reconciliation.spent).to eq([reconciliation.billed])
        expect_exact(reconciliation)
      end
    end
  end
end
