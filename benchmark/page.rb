# frozen_string_literal: true

# How long each page takes with 256 days of statistics, beside a page without queries: benchmark/page.rb [DATABASE].
require "erb"
require "llm_router"
require_relative "../spec/support/databases"
require_relative "../spec/budget/budget_table"
require_relative "../spec/dashboard/own_page"
require_relative "../spec/dashboard/played_day"

# Prints a line for each page.
module PageBench
  PATHS = ["/nothing", "", "/chains", "/budgets", "/incidents", "/incidents?reason=rejected", "/report"].freeze
  ROUNDS = 5
  # Milliseconds.
  GOAL = 200

  module_function

  def run(database)
    ENV["RAILS_ENV"] = "production"
    BudgetTable.prepare(database)
    fill(database)
    page = OwnPage.new(Databases.send(database).merge(pool: 5))
    page.eval("LlmRouter.configure { |c| c.record_calls = true; c.price_ttl = nil; c.dashboard_access { true }; " \
              "c.chain :support, #{PlayedDay::MODELS.inspect} }")
    report(PATHS.to_h { |path| [path, milliseconds(URI("#{page.url}/llm#{path}"))] })
  ensure
    page&.stop
  end

  # A day of statistics, and copies of it.
  def fill(database)
    day = PlayedDay.new(BudgetTable::LlmBudget)
    day.stats(days: 1)
    [1, 2, 4, 8, 16, 32, 64, 128].each { |days| copy(database, days) }
    day.incidents(10_000)
    day.budgets(Array.new(30) { BudgetTable::Organization.create! }, charges: 1)
  end

  def copy(database, days)
    columns = LlmRouter::CallRecord::Stat.model.column_names - %w[id starts_at]
    earlier = { sqlite: "datetime(starts_at, '-#{days} days')", postgresql: "starts_at - interval '#{days} days'",
                mariadb: "starts_at - INTERVAL #{days} DAY" }.fetch(database)
    from = "SELECT #{[earlier, *columns].join(', ')} FROM llm_call_stats"
    ActiveRecord::Base.connection.execute("INSERT INTO llm_call_stats (#{['starts_at', *columns].join(', ')}) #{from}")
  end

  # @return [Float] the median
  def milliseconds(url)
    times = Array.new(ROUNDS + 1) do
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      Net::HTTP.get(url)
      Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
    end
    times.drop(1).sort[ROUNDS / 2] * 1000
  end

  def report(times)
    bare = times.fetch("/nothing")
    puts "#{LlmRouter::CallRecord::Stat.model.count} rows of statistics; a bare page takes #{bare.round(1)} ms"
    times.each do |path, taken|
      puts format("%-30<path>s %7.1<taken>f ms, %5.1<ratio>f bare pages", path: path, taken: taken, ratio: taken / bare)
      puts "  over #{GOAL} ms" if taken > GOAL
    end
  end
end

PageBench.run((ARGV.first || "sqlite").to_sym) if $PROGRAM_NAME == __FILE__
