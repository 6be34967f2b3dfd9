# frozen_string_literal: true

class LlmRouter
  # Lets a fiber wait the way its scheduler wants it, so that the other fibers of its thread run.
  # @api private
  module Parking
    module_function

    # @param signal [Integer] a file descriptor that will be readable
    # @return [Boolean] false where the scheduler cannot park this fiber
    def park(signal)
      scheduler = Fiber.current_scheduler
      return false if foreign?(scheduler)

      return true if scheduler.io_wait(IO.for_fd(signal, autoclose: false), IO::READABLE, nil)

      # There was no time limit on this wait; Async 1 says so when one of its own is over.
      raise Async::TimeoutError, "execution expired" if defined?(Async::TimeoutError)

      false
    rescue FiberError
      # In the child of a fork there is the scheduler, and not its loop.
      false
    end

    # Async 1 parks its own tasks, and no other fiber that runs within one.
    def foreign?(scheduler)
      scheduler.nil? || (defined?(Async::Reactor) && Async::VERSION.start_with?("1.") &&
                         scheduler.is_a?(Async::Scheduler) && !Async::Task.current?)
    end
  end
end
