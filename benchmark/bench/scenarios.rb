# frozen_string_literal: true

# The router beside what one might use in its place.
module Bench
  RAW = "raw reqwest on tokio"
  NET_HTTP = "net_http"
  FARADAY = "faraday"

  # What is measured, and what is aimed at of the first client: by reference, the most (of a cost) or the least (of a
  # rate). The references are the clients that the table shows ratios to.
  Scenario = Struct.new(:id, :title, :metric, :job, :pinned, :clients, :references, :goals, :checks, keyword_init: true)

  ALL = %w[llm_router llm_router_in_rails llm_router_plain net_http faraday faraday_persistent httpx ruby_llm].freeze
  FEW = %w[llm_router net_http faraday].freeze
  BESIDE_A_ROW = %w[llm_router_unlimited net_http_row].freeze
  WITH_A_ROW = %w[llm_router_row llm_router_unlimited net_http_row ruby_llm_row].freeze
  # Numbers in pairs are those of a whole run and of a quick look. Where the first model is to answer, the one behind it
  # does not, so that no failure of the first goes unnoticed.
  SCENARIOS = [
    { id: "S8", title: "a whole call with a budget row on PostgreSQL, one after the other", metric: :wall,
      clients: WITH_A_ROW, references: BESIDE_A_ROW,
      job: { kind: "calls", models: %w[ok/first 503/second], calls: [2000, 50], threads: 1, warm_up: 100,
             database: true },
      goals: { "llm_router_unlimited" => 5 } },
    { id: "S8", title: "the same on 16 threads, each with a row of its own", metric: :wall,
      clients: WITH_A_ROW, references: BESIDE_A_ROW,
      job: { kind: "calls", models: %w[ok/first 503/second], calls: [4800, 96], threads: 16, warm_up: 100,
             database: true },
      goals: {} },
    { id: "S9", title: "the same on 16 threads that share one row", metric: :wall,
      clients: WITH_A_ROW, references: BESIDE_A_ROW,
      job: { kind: "calls", models: %w[ok/first 503/second], calls: [4800, 96], threads: 16, warm_up: 100,
             database: true, shared: true },
      goals: {} },
    { id: "S1", title: "one call after the other", metric: :cpu, pinned: true, clients: ALL,
      job: { kind: "calls", models: %w[ok/first 503/second], calls: [3000, 100], threads: 1, warm_up: 200 },
      goals: { RAW => 2.2, NET_HTTP => 0.45, FARADAY => 0.15 } },
    { id: "S1", title: "the same with the record of calls", metric: :cpu, pinned: true,
      clients: %w[llm_router_recorded llm_router_connected], references: %w[llm_router_connected],
      job: { kind: "calls", models: %w[ok/first 503/second], calls: [12_000, 100], threads: 1, warm_up: 200,
             database: true },
      goals: { "llm_router_connected" => 1.05 } },
    { id: "S2", title: "64 threads, answers after 50 ms", metric: :cpu, clients: ALL,
      job: { kind: "calls", models: %w[wait-50ms/first 503/second], calls: [6400, 128], threads: 64, warm_up: 5 },
      goals: { RAW => 4.0, NET_HTTP => 0.50, FARADAY => 0.22 }, checks: { ideal: 0.05, least: 0.94 } },
    { id: "S3", title: "a chain of 503, reset, ok", metric: :cpu, pinned: true, clients: ALL,
      job: { kind: "calls", models: %w[503/first reset/second ok/third], calls: [1000, 50], threads: 1, warm_up: 50,
             cooldown: false },
      goals: { RAW => 2.2, NET_HTTP => 0.75, FARADAY => 0.17 } },
    { id: "S4", title: "answers of 1 MB", metric: :cpu, clients: ALL,
      job: { kind: "calls", models: %w[large/first 503/second], calls: [1000, 10], threads: 1, warm_up: 50 },
      goals: { RAW => 0.9, NET_HTTP => 0.40, FARADAY => 0.45 } },
    { id: "S5", title: "8 threads call for answers of 50 ms while one Ruby thread computes", metric: :rate,
      clients: FEW,
      job: { kind: "rate", models: %w[wait-50ms/first 503/second], threads: 8, seconds: [10, 1], computing: true,
             warm_up: 5 },
      goals: { NET_HTTP => 1.25, FARADAY => 2.3 } },
    { id: "S6", title: "outage: the primary hangs, 1 s timeout, 16 threads, answers of 50 ms", metric: :rate,
      clients: [*FEW, "llm_router_without_primary"],
      job: { kind: "rate", models: %w[hang/first wait-50ms/second], threads: 16, seconds: [20, 2], timeout: 1,
             warm_up: 0 },
      goals: { "llm_router_without_primary" => 0.95, NET_HTTP => 10, FARADAY => 10 } },
    { id: "S7", title: "500 calls of 2 s at once, from one thread", metric: :memory, clients: FEW,
      job: { kind: "batch", models: %w[wait-2000ms/first 503/second], calls: [500, 50], threads: 1, warm_up: 1 },
      goals: { NET_HTTP => 0.6, FARADAY => 0.5 }, checks: { most_kb: 32, most_seconds: 2.2 } },
    { id: "S10", title: "the tail: one call in fifty of the primary hangs, 2 s timeout, 16 threads, answers of 50 ms",
      metric: :p99, clients: %w[llm_router_hedged llm_router_hedged_p95 llm_router_unhedged],
      references: %w[llm_router_unhedged],
      job: { kind: "tail", models: %w[hang-50th/first wait-50ms/second], threads: 16, calls: [2400, 96], timeout: 2,
             warm_up: 0 },
      goals: { "llm_router_unhedged" => 0.2 } }
  ].freeze
  # Ruby 3.3 parses JSON faster, and hands the GVL on in another way.
  OTHERWISE = { "S4" => { NET_HTTP => nil }, "S5" => { NET_HTTP => 1.5 } }.freeze
  private_constant :ALL, :FEW, :WITH_A_ROW, :BESIDE_A_ROW, :SCENARIOS, :OTHERWISE

  # @param ruby [String] such as "3.1", for some goals depend on it
  # @param quick [Boolean] whether it is only to be seen that it works
  # @return [Array<Scenario>]
  def self.scenarios(ruby:, quick: false)
    SCENARIOS.map do |scenario|
      job = scenario[:job].transform_values { |value| choose(value, quick) }
      references = scenario[:references] || [(RAW if scenario[:metric] != :rate), NET_HTTP, FARADAY].compact
      goals = scenario[:goals].merge(ruby == "3.1" ? {} : OTHERWISE.fetch(scenario[:id], {})).compact
      Scenario.new(**scenario, job: job, references: references, goals: goals)
    end
  end

  def self.choose(value, quick)
    return value unless value.is_a?(Array) && value.all?(Integer)

    quick ? value.last : value.first
  end
  private_class_method :choose
end
