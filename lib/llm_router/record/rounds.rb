# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # The thread of a {Recorder}, which reads the switches and writes the counts about once a second.
    # @api private
    module Rounds
      # Seconds between two rounds.
      INTERVAL = 1.0
      # Seconds until a database that could not be written is written again. The switches are read all the same.
      RETRY_INTERVAL = 5.0
      # Seconds without a call until the thread ends.
      IDLE_TIMEOUT = 600.0
      # Seconds that the first call of a process waits for the switches, and the first after {IDLE_TIMEOUT}.
      FIRST_READ_TIMEOUT = 0.25

      # @return [Boolean] whether its thread runs, which no fork has
      def running?
        @thread&.alive?
      end

      # Before a call: makes sure that the switches are known.
      # @return [void]
      def began
        return if running? && @read

        @lock.synchronize do
          @last_call = now
          start unless running?
          wait_for_switches(now + FIRST_READ_TIMEOUT) if running?
        end
      rescue ThreadError => e
        # In a signal's trap. An interrupt that comes meanwhile is the caller's.
        failed(e)
      end

      private

      def start
        @read = false
        @thread = OwnThread.start("llm_router record") { work }
      rescue ThreadError => e
        # No thread can be made: the next call tries again.
        failed(e)
      end

      def work
        until idle?
          began = now
          round
          sleep([INTERVAL - (now - began), 0].max)
        end
      end

      # Whether nothing is left to do. A call that comes now finds no thread, and starts one.
      def idle?
        @lock.synchronize do
          idle = @buffer.empty? && @left.empty? && now - @last_call > IDLE_TIMEOUT
          @thread = nil if idle
          idle
        end
      end

      # @return [void]
      def round
        read_switches
        @due = now + (flush && prune ? 0.0 : RETRY_INTERVAL) if now >= @due
      rescue StandardError => e
        failed(e)
        @due = now + RETRY_INTERVAL
      end

      def wait_for_switches(deadline)
        @switches_known.wait(@lock, [deadline - now, 0].max) until @read || now >= deadline
        # Later calls do not wait once more.
        @read = true
      end

      # If they cannot be read, those that are known stay in force until they expire.
      def read_switches
        patiently { @connection.use { |connection| Switchboard.obey(connection) } }
        @blind = false
      rescue StandardError, ScriptError => e
        blind(e)
      ensure
        @lock.synchronize do
          @read = true
          @switches_known.broadcast
        end
      end

      # @return [Boolean]
      def prune
        patiently { @connection.use { |connection| @pruning.run(connection, now) } } if @pruning.due?(now)
        true
      rescue StandardError => e
        failed(e)
        false
      end

      # Logs once for each outage, without the error's message, which may hold anything.
      def blind(error)
        return if @blind

        @blind = true
        log(:warn) do
          "llm_switches cannot be read (#{error.class}): the #{Switches.known.size} switches that are known stay in " \
            "force until they expire. If the table is missing, run the generator and its migrations"
        end
      end
    end
  end
end
