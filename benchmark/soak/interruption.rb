# frozen_string_literal: true

require "timeout"
require_relative "asking"

module Soak
  # Interrupts a call at a moment of chance, each time in another way. Whoever is to be interrupted waits for it when
  # the call is over: so each interrupt has to arrive, in the call or after it.
  class Interruption
    # Seconds after a call has begun.
    MOMENT = 0.0..0.08
    # Seconds after which an interrupt has been lost.
    LIMIT = 15
    # Two ways of Timeout's: without a class it throws, with one it raises.
    KINDS = %i[timeout timeout_with_a_class thread_kill thread_raise].freeze
    # Those are for the main thread alone.
    SIGNALS = %i[ctrl_c trapped].freeze
    Late = Class.new(Timeout::Error)
    private_constant :MOMENT, :LIMIT, :Late

    # @param journal [Journal]
    # @param random [Random]
    def initialize(journal, random)
      @journal = journal
      @random = random
    end

    # @param kind [Symbol]
    # @param asking [Asking] which it makes
    # @return [void]
    def run(kind, asking)
      where = send(kind, asking)
      asking.interrupted
      @journal.note("interrupt", kind, where, asking.tag)
    end

    private

    def timeout(asking, error = nil)
      Timeout.timeout(@random.rand(MOMENT) + 0.001, error) { held_up(asking) }
      :lost
    rescue Timeout::Error
      where(asking)
    end

    def timeout_with_a_class(asking)
      timeout(asking, Late)
    end

    def thread_kill(asking)
      on_a_thread(asking, &:kill)
    end

    def thread_raise(asking)
      on_a_thread(asking) { |thread| thread.raise(Asking::Stop) }
    end

    def on_a_thread(asking)
      thread = Thread.new { held_up(asking) }
      thread.report_on_exception = false
      sleep(@random.rand(MOMENT))
      yield thread
      # One that came to its end by itself never saw the interrupt.
      thread.join(LIMIT) && thread.value.nil? ? where(asking) : :lost
    rescue Asking::Stop
      where(asking)
    end

    # Past it there was no interrupt.
    def held_up(asking)
      asking.run
      sleep(LIMIT)
      true
    end

    def ctrl_c(asking)
      sender = later { Process.kill(:INT, Process.pid) }
      held_up(asking)
      :lost
    rescue Interrupt
      where(asking)
    ensure
      sender&.join
    end

    # Harmless: the trap runs, and the call goes on. The trap stays, for a signal may wait to be told.
    def trapped(asking)
      @trapped = 0
      trap(:USR1) { @trapped += 1 }
      sender = later { Process.kill(:USR1, Process.pid) }
      asking.run
      where = @trapped.zero? ? :after : :in
      sender.join
      (LIMIT * 100).times { @trapped.zero? ? sleep(0.01) : break }
      @trapped == 1 ? where : :lost
    end

    def where(asking)
      asking.ended? ? :after : :in
    end

    def later
      moment = @random.rand(MOMENT)
      Thread.new { sleep(moment) && yield }
    end
  end
end
