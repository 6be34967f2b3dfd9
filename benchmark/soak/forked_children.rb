# frozen_string_literal: true

require_relative "tracked_call"

module Soak
  # Children of a process whose other threads are in the middle of their calls. Each makes some calls and ends.
  class ForkedChildren
    CALLS = 3
    # Seconds after which a child has come to a standstill.
    LIMIT = 120
    private_constant :CALLS, :LIMIT

    # @param journal [Journal]
    # @yieldreturn [TrackedCall] a new one
    def initialize(journal, &tracked)
      @journal = journal
      @tracked = tracked
    end

    # One child, from its birth to its end.
    # @return [void]
    def run
      # Made here: an interrupt that came while the child made one would leave it without an end.
      tracked = Array.new(CALLS) { @tracked.call }
      pid = without_collection { fork { child(tracked) } }
      status = await(pid)
      @journal.note("fork", status&.exitstatus || status&.termsig&.then { |signal| "signal_#{signal}" } || "hung")
    end

    private

    # A connection that another thread was opening is in no pool yet, so Rails does not discard it in the child:
    # collected there, it would say goodbye to the database on the parent's socket.
    def without_collection
      GC.disable
      yield
    ensure
      GC.enable
    end

    # Without what the parent does at its exit.
    def child(tracked)
      well = tracked.map { |one| call(one) }.all?
      write(tracked)
    ensure
      exit!(well ? 0 : 1)
    end

    # What a process does at its exit.
    def write(tracked)
      return if !LlmRouter.config.record_calls || LlmRouter::CallRecord.flush

      tracked.each { |one| @journal.note("unwritten", one.tag) }
    rescue Interrupt
      retry
    end

    # Ruby hands a signal that the parent has not taken yet on to the child.
    def call(tracked)
      tracked.run
    rescue Interrupt
      @journal.note("interrupt", "ctrl_c", tracked.ended? ? "after" : "in", tracked.tag)
      tracked.interrupted || true
    end

    def await(pid)
      ends_at = now + LIMIT
      while now < ends_at
        _, status = Process.wait2(pid, Process::WNOHANG)
        return status if status

        sleep(0.02)
      end
      Process.kill(:KILL, pid)
      Process.wait(pid)
      nil
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
