# frozen_string_literal: true

require_relative "scenario"

# The primary takes its time.
Failover::Scenario.define do |profile|
  timeout = { by: :backup, hops: [:timeout], requests: 1 }
  slow = ->(stage) { stage.primary.answer("slow", cost_usd: "0.002", delay: profile.slow, times: 1) }
  [
    Failover::Scenario.new("silence", "accepts a request and never answers it", wants: timeout) do |stage|
      stage.primary.hang(times: 1)
    end,
    Failover::Scenario.new("stalled body", "half of a body, then nothing", wants: timeout) do |stage|
      stage.primary.stall(after: :body, times: 1)
    end,
    Failover::Scenario.new("slow start", "answers after #{profile.slow} s, once",
                           wants: { by: :primary, hops: [], requests: 1 }, &slow),
    Failover::Scenario.new("slow start, `timeout: #{profile.slow_timeout}`", "answers after #{profile.slow} s, once",
                           rung: { timeout: profile.slow_timeout }, wants: timeout, &slow)
  ]
end
