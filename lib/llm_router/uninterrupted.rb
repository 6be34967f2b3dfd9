# frozen_string_literal: true

class LlmRouter
  # Holds off +Thread#raise+, +Thread#kill+, +Timeout+, signals and the end of a fiber until a block is done.
  # @api private
  module Uninterrupted
    # By identity, Ruby takes it as it is, without a copy each time.
    NEVER = { Object => :never }.compare_by_identity.freeze
    private_constant :NEVER

    module_function

    # A trap runs on the main thread, and Ctrl-C raises there, whatever is masked: there signals are put aside.
    # @param held_off [Hash] as +Thread.handle_interrupt+ takes it
    # @return [Object] what the block returns
    def run(held_off = NEVER, &)
      Unscheduled.run do
        next masked(held_off, &) unless Thread.current == Thread.main

        without_signals { masked(held_off, &) }
      end
    end

    def masked(held_off, &)
      Thread.handle_interrupt(held_off) { FreeThreads.within(&) }
    end

    # Once for all who book at a time: a budget may make calls, and fibers end in any order.
    def without_signals
      return yield if @holding == Process.pid

      begin
        @holding = Process.pid
        Native.hold_signals
        yield
      ensure
        @holding = nil
        Native.release_signals
      end
    end
  end
end
