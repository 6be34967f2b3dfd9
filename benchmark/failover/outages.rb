# frozen_string_literal: true

require_relative "scenario"
require_relative "traffic"

# The primary is down for a while, and several threads call meanwhile.
Failover::Scenario.define do |profile|
  threads = 4
  # Slow enough that other calls come during a probe.
  down = ->(stage) { stage.primary.fail(status: 503, retry_after: profile.outage_retry_after, delay: 0.2) }
  up = ->(stage) { stage.primary.answer("primary", cost_usd: "0.002") }
  [
    Failover::Scenario.new("persistent 503", "503 for #{profile.outage} s",
                           threads: threads, wants: { by: :backup }) do |stage|
      down.call(stage)
      Failover::Traffic.run(stage, threads) do
        sleep(profile.outage)
        up.call(stage)
      end
    end,
    Failover::Scenario.new("flapping primary", "503 and answers by turns of #{profile.phase} s, for #{profile.flap} s",
                           threads: threads) do |stage|
      Failover::Traffic.run(stage, threads) do
        (profile.flap / profile.phase).round.times do |turn|
          (turn.even? ? down : up).call(stage)
          sleep(profile.phase)
        end
        # The last turn was one of failures.
        up.call(stage)
      end
    end
  ]
end
