# frozen_string_literal: true

require "timeout"
require_relative "tracked_call"

module Soak
  # Interrupts a call at a moment of chance, each time in another way. Whoever is to be interrupted waits for it when
  # the call is over: so each interrupt has to arrive, in the call or after it.
  class Interruption
    # Seconds after a call has begun.
    MOMENT = 0.0..0.08
    # Seconds after which an interrupt has been lost, and after which a thread that it ends has come to a standstill.
    LIMIT = 60
    TO_END = 120
    # Two ways of Timeout's: without a class it throws, with one it raises.
    KINDS = %i[timeout timeout_with_a_class thread_kill thread_raise].freeze
    # Those are for the main thread alone.
    SIGNALS = %i[ctrl_c trapped].freeze
    Late = Class.new(Timeout::Error)
    private_constant :MOMENT, :LIMIT, :TO_END, :Late

    # @param journal [Journal]
    # @param random [Random]
    def initialize(journal, random)
      @journal = journal
      @random = random
    end

    # @param kind [Symbol]
    # @param tracked [TrackedCall] which it makes
    # @return [void]
    def run(kind, tracked)
      where = send(kind, tracked)
      tracked.interrupted
      @journal.note("interrupt", kind, where, tracked.tag)
    end

    private

    def timeout(tracked, error = nil)
      Timeout.timeout(@random.rand(MOMENT) + 0.001, error) { held_up(tracked) }
      :lost
    rescue Timeout::Error
      where(tracked)
    end

    def timeout_with_a_class(tracked)
      timeout(tracked, Late)
    end

    def thread_kill(tracked)
      on_a_thread(tracked, &:kill)
    end

    def thread_raise(tracked)
      on_a_thread(tracked) { |thread| thread.raise(TrackedCall::Stop) }
    end

    def on_a_thread(tracked)
      thread = Thread.new { held_up(tracked) }
      thread.report_on_exception = false
      sleep(@random.rand(MOMENT))
      yield thread
      # One that came to its end by itself never saw the interrupt.
      thread.join(TO_END) && thread.value.nil? ? where(tracked) : :lost
    rescue TrackedCall::Stop
      where(tracked)
    end

    # Past it there was no interrupt.
    def held_up(tracked)
      tracked.run
      sleep(LIMIT)
      true
    end

    def ctrl_c(tracked)
      sender = later { Process.kill(:INT, Process.pid) }
      held_up(tracked)
      :lost
    rescue Interrupt
      where(tracked)
    ensure
      sender&.join
    end

    # Harmless: the trap runs, and the call goes on. The trap stays, for a signal may still be pending.
    def trapped(tracked)
      @trapped = 0
      trap(:USR1) { @trapped += 1 }
      sender = later { Process.kill(:USR1, Process.pid) }
      tracked.run
      where = @trapped.zero? ? :after : :in
      sender.join
      (LIMIT * 100).times { @trapped.zero? ? sleep(0.01) : break }
      @trapped == 1 ? where : :lost
    end

    def where(tracked)
      tracked.ended? ? :after : :in
    end

    def later
      moment = @random.rand(MOMENT)
      Thread.new { sleep(moment) && yield }
    end
  end
end
