# frozen_string_literal: true

require_relative "../../spec/support/contention/calling_processes"
require_relative "../../spec/support/contention/reconciliation"
require_relative "../../spec/support/contention/unreserving_budget"

# A cap that many processes spend at once, in three ways: undisturbed, with processes that are killed, and with nothing
# reserved.
class ContendedCap
  # @param model [Class]
  # @param figures [Figures]
  def initialize(model, figures, cap:, processes:, threads:)
    @model = model
    @figures = figures
    @cap = BigDecimal(cap)
    @size = { processes: processes, threads: threads }
    @words = "#{processes} processes x #{threads} threads, a cap of #{cap} USD, calls of 0.001 to 2.50 USD"
  end

  def kept
    report, reconciliation = spend("kept")
    print("kept: #{@words}", report, reconciliation)
    first = report.spent_at_first_stop
    equal = [[reconciliation.billed], reconciliation.charged].all?(reconciliation.spent)
    @figures.check("billed = spent = sum of the charges", equal)
    @figures.check("every answer charged by its name", reconciliation.unnamed.zero? && reconciliation.differing.empty?)
    @figures.check("95 % spent before the first refusal for good", first && first >= @cap * BigDecimal("0.95"))
    closed(report, reconciliation)
  end

  def killed
    victims = CallingProcesses.victims(@size[:processes])
    report, reconciliation = spend("killed", victims: victims, timeout: 2, lease_margin: 0.5)
    reconciliation.end_leases
    print("killed: the same, and a fifth of the processes is", report, reconciliation)
    covered = reconciliation.billed <= reconciliation.spent.first && reconciliation.spent == reconciliation.charged
    @figures.check("billed <= spent = sum of the charges", covered)
    @figures.check("every other answer charged with its cost", reconciliation.differing.empty?)
    @figures.check("what no charge names is estimated", reconciliation.unnamed <= reconciliation.estimated)
    closed(report, reconciliation, killed: victims.size)
  end

  def unreserved
    report, reconciliation = spend("unreserved") { |row| UnreservingBudget.new(row) }
    print("unreserved: the same, and nothing is reserved", report, reconciliation)
    @figures.check("overspent, as it would be", reconciliation.billed > @cap)
    @figures.check("billed = spent", reconciliation.spent == [reconciliation.billed])
  end

  private

  def spend(feature, victims: {}, **settings)
    row = @model.for(nil, feature: feature)
    row.update!(cap_usd: @cap, period: "total")
    budget = block_given? ? yield(row) : row
    BillingGateway.open(announce: victims) do |gateway|
      options = { chain: CallingProcesses::DEAR, victims: victims.size, **@size, **settings }
      processes = CallingProcesses.new(gateway, **options) { [row, budget] }
      [processes.run, Reconciliation.new(gateway, row)]
    end
  end

  def print(text, report, reconciliation)
    spent = reconciliation.spent.first
    @figures.section(text, { "calls" => report.calls, "answers that arrived" => report.answers,
                             "answers that were billed" => reconciliation.answers, "refused for now" => report.waits,
                             "refused for good" => report.stops, "killed" => report.killed,
                             "billed" => reconciliation.billed, "spent" => spent,
                             "of that, estimated" => reconciliation.estimated,
                             "estimates corrected later" => reconciliation.corrected,
                             "over the cap" => [spent - @cap, BigDecimal(0)].max,
                             "% of the cap spent at the first of the latter" => used(report.spent_at_first_stop),
                             "% of the cap spent at the end" => used(spent), "seconds" => report.seconds })
  end

  def used(usd)
    usd ? (usd * 100 / @cap).to_f : "none"
  end

  def closed(report, reconciliation, killed: 0)
    @figures.check("never above the cap", [reconciliation.billed, *reconciliation.spent].max <= @cap)
    @figures.check("nothing reserved at the end",
                   reconciliation.reserved.all?(&:zero?) && reconciliation.reservations.none?)
    @figures.check("the audit is clean", reconciliation.differences.empty?)
    @figures.check("killed as planned", report.killed == killed)
    @figures.check("no call failed or got stuck",
                   report.late.zero? && report.crashed.zero? && report.failures.empty?)
  end
end
