# frozen_string_literal: true

class LlmRouter
  # For Rubies before 3.3, where a mask cannot tell the thread that set it from those that inherit it, see
  # {Uninterrupted.mask}: each new thread finds out whether it has inherited one of this gem's, and then listens again.
  # @api private
  module StartedThreads
    # What a mask of this gem lets through, and no other tells from {DEFERRED}.
    HEARD = Class.new(StandardError)
    DEFERRED = Class.new(StandardError)
    BEGUN = :llm_router_begun
    # How often the end of the process looks whether all threads have begun, a millisecond apart.
    LOOKS = 1000
    private_constant :HEARD, :DEFERRED, :BEGUN, :LOOKS

    module_function

    # @param deferred [Hash{Class => Symbol}]
    # @return [Hash] the same, and marked
    def mask(deferred)
      watch unless BEGINNING.enabled?
      { **deferred, HEARD => :immediate }.compare_by_identity.freeze
    end

    # A thread may begin long after it was started, so there is no moment to stop. At the end of the process Ruby stops
    # before it ends the threads.
    def watch
      Thread.list.each { |thread| thread.thread_variable_set(BEGUN, true) }
      BEGINNING.enable
      at_exit { wait_for_beginnings }
    end

    def wait_for_beginnings
      LOOKS.times do
        break if Thread.list.all? { |thread| thread.thread_variable?(BEGUN) }

        sleep(0.001)
      end
    end

    def deaf?
      deaf_to?(DEFERRED) && !deaf_to?(HEARD)
    end

    def deaf_to?(probe)
      deaf = false
      Thread.current.raise(probe)
      deaf = true
      Thread.handle_interrupt(probe => :immediate) { Thread.pass }
    rescue probe
      deaf
    end

    # A mask is the thread's and not the fiber's: what a fiber has set that never goes on stays. One that was killed at
    # that has set nothing.
    def listen
      loop do
        Thread.handle_interrupt(Object => :immediate) { Thread.pass }
        fiber = Fiber.new { Thread.handle_interrupt(Object => :immediate) { Fiber.yield } }
        fiber.resume
        break if fiber.alive?
      end
    end

    BEGINNING = TracePoint.new(:thread_begin) do
      listen if deaf?
      Thread.current.thread_variable_set(BEGUN, true)
    end
    private_constant :BEGINNING
  end
end
