# frozen_string_literal: true

class LlmRouter
  # Runs a budget's methods without the fiber scheduler, so that no other fiber of the thread runs until
  # they are done: none can stop this one while money is half booked, none comes between the statements
  # of a transaction on the connection that a thread's fibers share, and none mixes up what
  # {Uninterrupted} masks, which is the thread's.
  # @api private
  module Unscheduled
    # Async's own mark, by which it would take the fiber below for one that it can park.
    TASK = :async_task
    private_constant :TASK

    module_function

    # @return [Object] what the block returns
    def run(&)
      return yield unless Fiber.current_scheduler

      # From Ruby 3.2 on.
      Fiber.respond_to?(:blocking) ? Fiber.blocking(&) : in_a_fiber(&)
    end

    # Another fiber, but with what this one knows.
    def in_a_fiber
      here = Thread.current
      locals = (here.keys - [TASK]).to_h { |key| [key, here[key]] }
      Fiber.new(blocking: true) do
        locals.each { |key, value| here[key] = value }
        yield
      end.resume
    rescue UncaughtThrowError => e
      # A throw ends at the fiber it started in, and goes on from here.
      throw e.tag, e.value
    end
  end
end
