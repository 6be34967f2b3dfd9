# frozen_string_literal: true

require_relative "crowd"
require_relative "reckoning"
require_relative "unreserved"

# A cap that many processes try at once to spend, in three ways: as it is meant, with processes that are
# killed on their way, and with nothing reserved.
class CrowdedCap
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
    report, reckoning = crowd("kept")
    print("kept: #{@words}", report, reckoning)
    first = report.spent_at_first_stop
    @figures.check("billed = spent = sum of the charges", [[reckoning.billed], reckoning.charged].all?(reckoning.spent))
    @figures.check("every answer charged by its name", reckoning.unnamed.zero? && reckoning.differing.empty?)
    @figures.check("95 % spent before the first refusal for good", first && first >= @cap * BigDecimal("0.95"))
    closed(report, reckoning)
  end

  def killed
    victims = Crowd.victims(@size[:processes])
    report, reckoning = crowd("killed", victims: victims, timeout: 2, lease_margin: 0.5)
    reckoning.end_leases
    print("killed: the same, and a fifth of the processes is", report, reckoning)
    @figures.check("billed <= spent = sum of the charges",
                   reckoning.billed <= reckoning.spent.first && reckoning.spent == reckoning.charged)
    @figures.check("every other answer charged with its cost", reckoning.differing.empty?)
    @figures.check("what no charge names is estimated", reckoning.unnamed <= reckoning.estimated)
    closed(report, reckoning, killed: victims.size)
  end

  def unreserved
    report, reckoning = crowd("unreserved") { |row| Unreserved.new(row) }
    print("unreserved: the same, and nothing is reserved", report, reckoning)
    @figures.check("overspent, as it would be", reckoning.billed > @cap)
    @figures.check("billed = spent", reckoning.spent == [reckoning.billed])
  end

  private

  def crowd(feature, victims: {}, **settings)
    row = @model.for(nil, feature: feature)
    row.update!(cap_usd: @cap, period: "total")
    budget = block_given? ? yield(row) : row
    BillingGateway.open(announce: victims) do |gateway|
      crowd = Crowd.new(gateway, chain: Crowd::DEAR, victims: victims.size, **@size, **settings) { [row, budget] }
      [crowd.run, Reckoning.new(gateway, row)]
    end
  end

  def print(text, report, reckoning)
    spent = reckoning.spent.first
    @figures.section(text, { "calls" => report.calls, "answers that arrived" => report.answers,
                             "answers that were billed" => reckoning.answers, "refused for now" => report.waits,
                             "refused for good" => report.stops, "killed" => report.killed,
                             "billed" => reckoning.billed, "spent" => spent,
                             "of that, estimated" => reckoning.estimated,
                             "estimates corrected later" => reckoning.corrected,
                             "over the cap" => [spent - @cap, BigDecimal(0)].max,
                             "% of the cap spent at the first of the latter" => used(report.spent_at_first_stop),
                             "% of the cap spent at the end" => used(spent), "seconds" => report.seconds })
  end

  def used(usd)
    usd ? (usd * 100 / @cap).to_f : "none"
  end

  def closed(report, reckoning, killed: 0)
    @figures.check("never above the cap", [reckoning.billed, *reckoning.spent].max <= @cap)
    @figures.check("nothing reserved at the end", reckoning.reserved.all?(&:zero?) && reckoning.reservations.none?)
    @figures.check("the audit is clean", reckoning.differences.empty?)
    @figures.check("killed as planned", report.killed == killed)
    @figures.check("nobody failed or came to a standstill",
                   report.late.zero? && report.crashed.zero? && report.failures.empty?)
  end
end
