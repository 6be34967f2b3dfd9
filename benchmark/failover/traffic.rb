# frozen_string_literal: true

require_relative "stage"

module Failover
  # Threads that call one after the other while a block runs.
  class Traffic
    # Seconds between two calls of a thread.
    PAUSE = 0.1

    # @param stage [Stage]
    # @param threads [Integer]
    # @return [Float] seconds from the end of the block, when the primary has recovered, until it answers
    def self.run(stage, threads)
      ended = false
      callers = Array.new(threads) { Thread.new { stage.call && sleep(PAUSE) until ended } }
      yield
      await_primary(stage)
    ensure
      ended = true
      callers&.each(&:join)
    end

    # The callers go on meanwhile.
    def self.await_primary(stage)
      recovered = stage.now
      sleep(0.02) until (back = answered_since(stage, recovered)) || stage.now - recovered > stage.profile.back_within
      back || (stage.now - recovered)
    end

    def self.answered_since(stage, moment)
      first = stage.outcomes.find { |outcome| outcome.answered_by == :primary && outcome.ended_at > moment }
      first && (first.ended_at - moment)
    end
    private_class_method :await_primary, :answered_since
  end
end
