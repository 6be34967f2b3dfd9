# frozen_string_literal: true

require_relative "scenario"

# The primary answers at once, with what is no answer.
Failover::Scenario.define do |profile|
  limited = ->(stage) { stage.primary.fail(status: 429, retry_after: profile.retry_after, times: 1) }
  once = ->(stage) { stage.primary.fail(status: 500, times: 1) }
  backup = { by: :backup, requests: 1 }
  again = { by: :primary, requests: 2 }
  [
    Failover::Scenario.new("429 with Retry-After", "429 once, Retry-After: #{profile.retry_after}",
                           wants: { **backup, hops: [:rate_limited] }, &limited),
    Failover::Scenario.new("429 with Retry-After, `retries: 1`", "429 once, Retry-After: #{profile.retry_after}",
                           rung: { retries: 1 }, wants: { **again, hops: [:rate_limited] }, &limited),
    Failover::Scenario.new("500 once", "500 once", wants: { **backup, hops: [:unavailable] }, &once),
    Failover::Scenario.new("500 once, `retries: 1`", "500 once", rung: { retries: 1 },
                                                                 wants: { **again, hops: [:unavailable] }, &once),
    Failover::Scenario.new("connection reset", "resets the connection once",
                           wants: { **backup, hops: [:connection] }) { |stage| stage.primary.reset(times: 1) },
    Failover::Scenario.new("cut body", "half of a body once, then closes",
                           wants: { **backup, hops: [:connection] }) { |stage| stage.primary.truncate(times: 1) },
    Failover::Scenario.new("malformed JSON", "200 with JSON that breaks off, once",
                           wants: { **backup, hops: [:bad_answer] }) do |stage|
      stage.primary.raw(body: '{"id":"gen-1","choices":[{"message":{"content":"Hel', times: 1)
    end
  ]
end
