# frozen_string_literal: true

require "json"
require "llm_router/database"

class LlmRouter
  # The record of calls, if +config.record_calls+: statistics in +llm_call_stats+, failures in +llm_incidents+, and the
  # switches of +llm_switches+. See docs/record.md.
  module CallRecord
    %w[columns table tally ended_call incidents part buffer current_connection connection
       store latency pruning rounds recorder audit sums
       outage verdict text report switch_input switchboard]
      .each do |file|
      require "llm_router/record/#{file}"
    end

    # Sums of five minutes: see {Columns}.
    Stat = Table.new("llm_call_stats", %i[cost_usd charged_usd estimated_usd])
    # A call in which an attempt failed, or that brought no answer.
    Incident = Table.new("llm_incidents", %i[cost_usd])
    # Models that are switched off, and those that were: see {Switchboard}.
    SwitchRow = Table.new("llm_switches", [])

    @lock = Mutex.new

    class << self
      # @return [Recorder] of this process: a fork has none of its parent's counts
      # @api private
      def recorder
        known = @recorder
        # A fork has none of its parent's threads. To look for that is cheaper than to look at the process's id.
        known&.running? ? known : own_recorder
      end

      # Writes what this process has counted.
      # @return [Boolean] whether all of it is written
      # @example Before a look at the tables
      #   LlmRouter::CallRecord.flush
      def flush
        recorder.flush
      end

      # The switches that are in force, and those that are over.
      # @param limit [Integer] from 1
      # @return [Array<Switch>] the newest first
      # @raise [ArgumentError]
      # @example
      #   puts LlmRouter::CallRecord.switch_history
      def switch_history(limit: 100)
        Switchboard.history(Setting.count("limit", limit, ArgumentError))
      end

      # @param period [String, Date, Time, Range, nil] a month such as "2026-11", a day, a year, or two of these such as
      #   "2026-11-01..2026-11-28"; a range; nil for this month
      # @param environment [String]
      # @return [Report]
      # @raise [ArgumentError] for what is no month
      # @example
      #   puts LlmRouter::CallRecord.report("2026-11")
      def report(period = nil, environment: Environment.name)
        Report.new(Database::Period.range(period), environment)
      end

      # Writes what is left at the end of the process, within a second.
      # @return [void]
      # @api private
      def finish
        @recorder&.finish if @recorder&.here?
      end

      private

      def own_recorder
        @lock.synchronize do
          @exit ||= at_exit { CallRecord.finish } || true
          @recorder = Recorder.new unless @recorder&.here?
          @recorder
        end
      end
    end
  end
end
