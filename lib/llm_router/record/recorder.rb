# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Counts the calls of one process, and writes the counts about once a second from a thread of its own, which reads
    # the switches, too. No call waits for the database, but the first: see {Rounds}.
    # @api private
    class Recorder
      include Rounds

      # Seconds that the end of the process waits.
      EXIT_TIMEOUT = 1.0
      # Seconds between two tries then, and while other processes write.
      EXIT_RETRY = 0.05
      MAX_TRIES = 10

      def initialize
        @pid = Process.pid
        @lock = Mutex.new
        @writing = Mutex.new
        @buffer = Buffer.new
        # What is to be written first, and the markers of what is written.
        @left = []
        @marked = []
        @connection = Connection.new(Stat)
        @pruning = Pruning.new
        @switches_known = ConditionVariable.new
        @due = @last_call = 0.0
      end

      # @return [Boolean] whether it is this process's
      def here?
        @pid == Process.pid
      end

      # @param call [EndedCall]
      # @return [void]
      def ended(call)
        incident = Incidents.row(call) if call.incident?
        @lock.synchronize do
          @buffer.count(slot, call, incident)
          start unless running?
        end
      end

      # A cost that has become known after its call.
      # @param model [String]
      # @param usd [BigDecimal]
      # @return [void]
      def settled(model, usd)
        @lock.synchronize do
          @buffer.row(slot, "", "", model, Columns::SETTLED).cost(usd, :billed, true)
          start unless running?
        end
      end

      # Writes what is counted, on the calling thread.
      # @return [Boolean] whether all of it is written
      def flush
        @writing.synchronize do
          next true if empty?

          @last_call = now
          write
        end
      end

      # @return [void] within {EXIT_TIMEOUT}
      def finish
        return if empty?

        last = Thread.new { write_until(now + EXIT_TIMEOUT) }
        last.report_on_exception = false
        last.join(EXIT_TIMEOUT)
        missing = @lock.synchronize { @buffer.calls + @left.sum(&:calls) }
        return if missing.zero?

        log(:error) { "the record lacks #{missing} calls of this process: they could not be written" }
      rescue StandardError => e
        failed(e)
      end

      private

      # @return [Boolean] whether nothing is to be written
      def empty?
        @lock.synchronize { @buffer.empty? && @left.empty? }
      end

      def slot
        Process.clock_gettime(Process::CLOCK_REALTIME, :second) / Columns::SLOT
      end

      def write_until(deadline)
        sleep(EXIT_RETRY) until flush || now > deadline
      end

      def write
        Uninterrupted.run { take }
        while (part = @left.first)
          # Begins with a whole slice of this thread's time.
          Thread.pass
          patiently { write_part(part) }
          recovered(part)
        end
        unmark
        true
      rescue StandardError, ScriptError => e
        failed(e)
        false
      ensure
        Uninterrupted.run { restore }
      end

      def take
        @lock.synchronize do
          @left.concat(@buffer.parts(Store.most_at_once))
          @buffer = Buffer.new
        end
      end

      def write_part(part)
        @connection.use do |connection|
          Store.new(connection).write(part) do
            @marked << part.marker if part.committing?
            @left.shift
          end
        end
      end

      # What may be written stays as it is: its marker says whether it is.
      def restore
        @lock.synchronize do
          @left, unwritten = @left.partition(&:committing?)
          unwritten.reverse_each { |part| @buffer.restore(part) }
        end
      end

      # Best effort: otherwise after the next write.
      def unmark
        return if @marked.empty?

        @connection.use { |connection| Store.new(connection).unmark(@marked) }
        @marked = []
      rescue StandardError
        nil
      end

      # Another process writes.
      def patiently
        tries ||= 0
        yield
      rescue ActiveRecord::StatementInvalid => e
        raise unless Store.busy?(e) && (tries += 1) < MAX_TRIES

        sleep(EXIT_RETRY)
        retry
      end

      # Logs once for each outage of the database, without the error's message, which may hold anything.
      def failed(error)
        return if @failing

        @failing = true
        log(:warn) do
          "the record of calls cannot be written (#{error.class}): counts are kept until it can, and so are " \
            "#{Buffer::MAX_INCIDENTS} incidents. If the tables are missing, run bin/rails generate " \
            "llm_router:install and bin/rails db:migrate"
        end
      end

      def recovered(buffer)
        @failing = false
        return if buffer.dropped.zero?

        log(:warn) { "#{buffer.dropped} incidents were dropped while they could not be written; the calls are counted" }
      end

      def log(level, &)
        Log.new(Configuration.current.logger).write(level, &)
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
