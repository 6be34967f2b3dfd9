# frozen_string_literal: true

require_relative "vitals"

module Soak
  # What a process has of the machine when its calls are over, and had not before them.
  class Leftovers
    # Seconds that sockets and threads may take to end: the name resolver's thread waits 10 for more work.
    CLOSING_TIMEOUT = 30
    PAUSE = 0.1
    private_constant :CLOSING_TIMEOUT, :PAUSE

    # @param journal [Journal]
    # @param rows [Rows, nil]
    def initialize(journal, rows)
      @journal = journal
      @rows = rows
      @before = held
      @journal.note("before", *@before.values.map(&:size))
    end

    # Waits until nothing is left, as long as that may take.
    # @yield to give what has ended a turn to end
    # @return [void]
    def note
      ends_at = now + CLOSING_TIMEOUT
      left = nil
      loop do
        yield
        left = held
        break if now > ends_at || gone?(left)

        sleep(PAUSE)
      end
      @journal.note("left", *left.values.map(&:size))
      left.each { |kind, all| added(all, @before[kind]).each { |one| @journal.note("added", kind, one.tr(" ", "_")) } }
    end

    private

    # Without connections to the database, which the record of calls opens when it likes.
    def held
      @rows&.disconnect
      { descriptors: Vitals.descriptors, threads: Vitals.threads }
    end

    def gone?(left)
      left.all? { |kind, all| all.size <= @before[kind].size }
    end

    # @return [Array<String>] those of which there were fewer before
    def added(left, before)
      before = before.tally
      left.tally.flat_map { |one, count| [one] * [count - before.fetch(one, 0), 0].max }
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
