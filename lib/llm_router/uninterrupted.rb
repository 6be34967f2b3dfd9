# frozen_string_literal: true

class LlmRouter
  # Holds off +Thread#raise+, +Thread#kill+, +Timeout+ and Ctrl-C until a block is done. What a
  # +trap+ block of the app's own raises cannot be held off.
  # @api private
  module Uninterrupted
    NEVER = { Object => :never }.freeze
    private_constant :NEVER

    module_function

    # @return [Object] what the block returns
    def run(&)
      return Thread.handle_interrupt(NEVER, &) unless Thread.current == Thread.main

      without_ctrl_c { Thread.handle_interrupt(NEVER, &) }
    end

    # Ruby raises Interrupt on the main thread whatever is masked there.
    def without_ctrl_c
      pressed = false
      previous = trap(:INT) { pressed = true }
      yield
    ensure
      trap(:INT, previous || "DEFAULT")
      Process.kill(:INT, Process.pid) if pressed
    end
  end
end
