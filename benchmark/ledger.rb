# frozen_string_literal: true

# What a reservation and its settlement cost, beside two bare prepared UPDATEs of a plain table in the same run and
# database; and what they add to a call. On servers of its own, on this machine only: `bin/bench-cap --ledger`.

require "erb"
require_relative "../spec/support/databases"
Databases.connections = 300
require "active_record"
require "llm_router"
require_relative "../spec/budget/budget_table"
require_relative "support/bare_row"
require_relative "../spec/support/billing/gateway"
require_relative "support/figures"
require_relative "support/rates"

LlmRouter.configure { |config| config.logger = nil }
figures = Figures.new
clock = ->(id) { Process.clock_gettime(id, :float_microsecond) }

chunk = lambda do |block|
  before = [Process::CLOCK_MONOTONIC, Process::CLOCK_PROCESS_CPUTIME_ID].map(&clock)
  50.times(&block)
  after = [Process::CLOCK_MONOTONIC, Process::CLOCK_PROCESS_CPUTIME_ID].map(&clock)
  after.zip(before).map { |late, early| (late - early) / 50 }
end
# Microseconds of wall clock and of this process's CPU for one, of each block: the median of chunks, which alternate, so
# that the machine is the same for all.
timed = lambda do |chunks, *blocks|
  blocks.each { |block| 200.times(&block) }
  times = Array.new(chunks) { blocks.map(&chunk) }
  times.transpose.map { |of_block| of_block.transpose.map { |one| one.sort[one.size / 2] } }
end
took = ->(times) { format("%<wall>.0f / %<cpu>.0f us", wall: times[0], cpu: times[1]) }
compared = lambda do |of, to|
  format("%<wall>.0f / %<cpu>.0f us, %<times>.2f x / %<cpu_times>.2f x",
         wall: of[0], cpu: of[1], times: of[0] / to[0], cpu_times: of[1] / to[1])
end
pair = lambda do |row|
  lambda do |*|
    reservation = row.reserve!(BigDecimal("0.002"), key: "k")
    row.settle!(reservation, BigDecimal("0.0001"))
  end
end
made = lambda do |name|
  BudgetTable::LlmBudget.for(nil, feature: name).tap { |row| row.update!(cap_usd: "1000000", period: "total") }
end
rate = lambda do |rows, each, processes, threads|
  report = Rates.new(rows, each: each, processes: processes, threads: threads).run
  [report.per_second, [report.reserve_p99 / report.reserve_p50, report.settle_p99 / report.settle_p50].max]
end
rates = lambda do |rows, bare, each, processes, threads|
  bare_rate, bare_spread = rate[bare, each, processes, threads]
  ours, spread = rate[rows, each, processes, threads]
  format("%<ours>.0f of %<bare>.0f pairs/s, %<share>.0f %%, p99 %<spread>.1f x p50 (%<bare_spread>.1f x)",
         ours: ours, bare: bare_rate, share: 100 * ours / bare_rate, spread: spread, bare_spread: bare_spread)
end

names = ARGV.map(&:to_sym)
abort "usage: bin/bench-cap --ledger [DATABASE ...]" if (names - Databases::NAMES).any?

(names.any? ? names : Databases::NAMES).each do |database|
  BudgetTable.prepare(database)
  one = made.call("one")
  both = LlmRouter::Budgets.new([one, made.call("two")])
  bare = BareRow.table(201)
  least, single, double = timed.call(database == :postgresql ? 20 : 6, *[bare[0], one, both].map(&pair))
  lines = { "two bare UPDATEs" => took[least], "one row, one after the other, over these" => compared[single, least],
            "an Array of two, over one" => compared[double, single] }
  if database == :postgresql
    lines["200 rows, 4 processes"] = rates[Array.new(200) { |n| made.call("row #{n}") }, bare.drop(1), 60, 4, 1]
    lines["1 row, 8 writers"] = rates[[one], [bare[0]], 6000, 8, 1]
    lines["1 row, 64 writers"] = rates[[one], [bare[0]], 8000, 8, 8]
  else
    lines["1 row, 4 writers"] = rates[[one], [bare[0]], 400, 4, 1]
  end
  figures.section("#{database}: to reserve and settle", lines)
  figures.check("the audit is clean", LlmRouter::Budget::Audit.new(BudgetTable::LlmBudget).differences.empty?)
ensure
  BudgetTable.tear_down
end

exit(figures.broken.empty?) if names.any?

BudgetTable.prepare(:postgresql)
through = lambda do |delay, &block|
  BillingGateway.open(delay: delay..delay) do |gateway|
    LlmRouter.configure do |config|
      config.base_url = gateway.base_url
      config.api_key = "test-key"
      config.price_ttl = nil
      config.price("initech/cheap", **BillingGateway::PRICES.fetch("initech/cheap"))
    end
    block.call(->(budget) { LlmRouter.new(chain: ["initech/cheap"], budget: budget) })
  end
end
request = { messages: [{ role: "user", content: "Hi" }], max_tokens: 10 }

through.call(0.0) do |router|
  call = ->(budget) { router.call(budget).then { |one| ->(*) { one.call(**request) } } }
  unlimited, with_row = timed.call(10, call[LlmRouter::Unlimited], call[made.call("calls")])
  figures.section("a whole call, to a gateway in Ruby",
                  { "Unlimited" => took[unlimited], "with a row, over Unlimited" => compared[with_row, unlimited] })
end
through.call(2.0) do |router|
  together = lambda do |budget|
    all = router.call(budget)
    began = clock[Process::CLOCK_MONOTONIC]
    all.call_all(Array.new(500) { request }, concurrency: 500)
    (clock[Process::CLOCK_MONOTONIC] - began) / 1e6
  end
  figures.section("call_all, 500 of 2 s", { "Unlimited, seconds" => together[LlmRouter::Unlimited],
                                            "one row, seconds" => together[made.call("all")] })
end
BudgetTable.tear_down
puts "", figures.broken.empty? ? "All held." : ["NOT HELD:", *figures.broken]
exit(figures.broken.empty?)
