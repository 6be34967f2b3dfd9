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
      return Unscheduled.run { run(held_off, &) } if Fiber.current_scheduler

      Thread.current == Thread.main ? without_signals(held_off, &) : masked(held_off, &)
    end

    def masked(held_off)
      Thread.handle_interrupt(held_off) { FreeThreads.within { yield } } # rubocop:disable Style/ExplicitBlockArgument
    end

    # Once for all who book at a time: a budget may make calls, and fibers end in any order.
    def without_signals(held_off, &)
      held = Native.hold_signals
      masked(held_off, &)
    ensure
      Native.release_signals if held
    end
  end
end
