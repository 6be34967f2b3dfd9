# frozen_string_literal: true

class LlmRouter
  # Runs a budget's methods without the fiber scheduler, so that no other fiber of the thread runs meanwhile. Such a
  # fiber could stop this one halfway through a settlement, use the database connection that a thread's fibers share in
  # the middle of a transaction, or run under the mask of {Uninterrupted}, which belongs to the thread.
  # @api private
  module Unscheduled
    # Async's own mark: with it, Async would try to park the fiber below.
    TASK = :async_task
    private_constant :TASK

    module_function

    # @return [Object] what the block returns
    def run(&)
      return yield unless Fiber.current_scheduler

      # From Ruby 3.2 on.
      Fiber.respond_to?(:blocking) ? Fiber.blocking(&) : in_a_fiber(&)
    end

    # In a blocking fiber with this fiber's locals.
    def in_a_fiber
      here = Thread.current
      locals = (here.keys - [TASK]).to_h { |key| [key, here[key]] }
      Fiber.new(blocking: true) do
        locals.each { |key, value| here[key] = value }
        yield
      end.resume
    rescue UncaughtThrowError => e
      # A throw cannot leave its fiber, so it is thrown again here.
      throw e.tag, e.value
    end
  end
end
