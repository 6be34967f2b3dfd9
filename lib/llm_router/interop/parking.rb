# frozen_string_literal: true

class LlmRouter
  # Parks a fiber in its scheduler, so that the other fibers of its thread run while it waits.
  # @api private
  module Parking
    module_function

    # @param ready_fd [Integer] a file descriptor that becomes readable at the end of the wait
    # @return [Boolean] false if the scheduler cannot park this fiber
    def park(ready_fd)
      scheduler = Fiber.current_scheduler
      return false if foreign?(scheduler)

      return true if scheduler.io_wait(IO.for_fd(ready_fd, autoclose: false), IO::READABLE, nil)

      # This wait has no timeout, so false is Async 1's way to report one of its own.
      raise Async::TimeoutError, "execution expired" if defined?(Async::TimeoutError)

      false
    rescue FiberError
      # In the child of a fork the scheduler has no event loop.
      false
    end

    # Async 1 parks its own tasks only, not other fibers that run within one.
    def foreign?(scheduler)
      scheduler.nil? || (defined?(Async::Reactor) && Async::VERSION.start_with?("1.") &&
                         scheduler.is_a?(Async::Scheduler) && !Async::Task.current?)
    end
  end
end
