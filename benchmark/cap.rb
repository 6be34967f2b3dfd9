# frozen_string_literal: true

# Whether a cap holds when many spend at once, what that costs, and how many statements it takes.
# On servers and a gateway of its own, on this machine only. `bin/bench-cap --quick` does less of it.
# Ends with status 1 where something did not hold that should.

require "erb"
require_relative "../spec/support/databases"
Databases.connections = 300
require "active_record"
require "llm_router"
require_relative "../spec/budget/budget_table"
require_relative "support/contended_cap"
require_relative "support/figures"
require_relative "support/rates"
require_relative "support/round_trips"

quick = ARGV.delete("--quick")
abort "usage: bin/bench-cap [--quick]" if ARGV.any?

size = if quick
         { contended: { cap: "60.00", processes: 8, threads: 4 }, rows: 200, each: 10, writers: 8, turns: 1_000 }
       else
         { contended: { cap: "100.00", processes: 32, threads: 8 }, rows: 2_000, each: 100, writers: 64, turns: 10_000 }
       end
LlmRouter.configure { |config| config.logger = nil }
figures = Figures.new

# The rows' own figures must be what was charged to them.
measure = lambda do |text, rows, each, processes, threads|
  rates = Rates.new(rows, each: each, processes: processes, threads: threads)
  report = rates.run
  figures.section(text, { "reservations, each settled" => report.pairs, "per second" => report.per_second,
                          "to reserve: median, ms" => report.reserve_p50,
                          "to reserve: 99th percentile, ms" => report.reserve_p99,
                          "to settle: median, ms" => report.settle_p50,
                          "to settle: 99th percentile, ms" => report.settle_p99,
                          "seconds" => report.seconds })
  now = rows.first.class.find(rows.map(&:id))
  figures.check("each row has spent what it was charged", now.all? { |row| row[:spent_usd] == rates.charged })
  figures.check("nothing reserved at the end", now.all? { |row| row[:reserved_usd].zero? })
  figures.check("no process failed", report.failed.zero?)
end

BudgetTable.prepare(:postgresql)
model = BudgetTable::LlmBudget
contended = ContendedCap.new(model, figures, **size[:contended])
%i[kept killed unreserved].each { |way| contended.public_send(way) }

made = lambda do |name|
  model.for(nil, feature: name).tap { |row| row.update!(cap_usd: "1000.00", period: "total") }
end
rows = Array.new(size[:rows]) { |number| made.call("row #{number}") }
measure.call("#{rows.size} budgets, #{size[:each]} charges each, 4 processes", rows, size[:each], 4, 1)
measure.call("1 budget, #{size[:writers]} writers", [made.call("one")], size[:turns], [size[:writers] / 4, 1].max, 4)
figures.section("the whole database", { "charges" => model::Charge.count })
figures.check("the audit is clean", LlmRouter::Budget::Audit.new(model).differences.empty?)
BudgetTable.tear_down

trips = %i[postgresql mariadb sqlite].to_h do |database|
  BudgetTable.prepare(database)
  [database.to_s, RoundTrips.of_a_pair(made.call("one")).join(" + ")]
ensure
  BudgetTable.tear_down
end
figures.section("round trips: to reserve + to settle", trips)

puts "", figures.broken.empty? ? "All held." : ["NOT HELD:", *figures.broken]
exit(figures.broken.empty?)
