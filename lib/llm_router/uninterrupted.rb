# frozen_string_literal: true

class LlmRouter
  # Holds off +Thread#raise+, +Thread#kill+, +Timeout+, signals and the end of a fiber until a block is done.
  # @api private
  module Uninterrupted
    NEVER = { Object => :never }.freeze
    # What Ruby itself listens to. A trap runs on the main thread, and Ctrl-C raises there, whatever is
    # masked: they are put aside.
    SIGNALS = %w[INT TERM HUP QUIT ALRM USR1 USR2].freeze
    private_constant :NEVER, :SIGNALS

    module_function

    # @return [Object] what the block returns
    def run(&)
      Unscheduled.run do
        next masked(&) unless Thread.current == Thread.main

        without_signals { masked(&) }
      end
    end

    def masked(&)
      Thread.handle_interrupt(NEVER) { FreeThreads.within(&) }
    end

    # Once for all who book at a time: a budget may make calls, and fibers end in any order.
    def without_signals(&)
      return yield if @holding == Process.pid

      begin
        @holding = Process.pid
        without(SIGNALS, &)
      ensure
        @holding = nil
      end
    end

    # One in another, so that each is put back though what another's trap raises comes in between.
    def without(signals, &)
      signal, *others = signals
      return yield unless signal

      came = false
      owner = Process.pid
      previous = trap(signal) { Process.pid == owner ? came = true : pass_on(signal, previous) }
      begin
        without(others, &)
      ensure
        trap(signal, previous)
        Process.kill(signal, Process.pid) if came
      end
    end

    # In a process that was forked meanwhile, and so waits for nothing.
    def pass_on(signal, handler)
      trap(signal, handler)
      Process.kill(signal, Process.pid)
    end
  end
end
