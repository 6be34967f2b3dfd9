# frozen_string_literal: true

class LlmRouter
  # For Rubies before 3.3, where a mask cannot tell the thread that set it from threads that inherit it (see
  # {Uninterrupted.mask}): each new thread checks whether it inherited a mask of this gem, and removes it.
  # @api private
  module StartedThreads
    # A mask of this gem defers {DEFERRED} and lets {MARKER} through, unlike any other mask.
    MARKER = Class.new(StandardError)
    DEFERRED = Class.new(StandardError)
    BEGUN = :llm_router_begun
    # Milliseconds that the end of the process waits for threads to begin.
    MAX_EXIT_POLLS = 1000
    private_constant :MARKER, :DEFERRED, :BEGUN, :MAX_EXIT_POLLS

    module_function

    # @param deferred [Hash{Class => Symbol}]
    # @return [Hash] the same mask, marked
    def mask(deferred)
      watch unless BEGINNING.enabled?
      { **deferred, MARKER => :immediate }.compare_by_identity.freeze
    end

    # Never stops watching: a thread may begin long after it was started. At exit, waits for them before Ruby disables
    # the TracePoint.
    def watch
      Thread.list.each { |thread| thread.thread_variable_set(BEGUN, true) }
      BEGINNING.enable
      at_exit { wait_for_beginnings }
    end

    def wait_for_beginnings
      MAX_EXIT_POLLS.times do
        break if Thread.list.all? { |thread| thread.thread_variable?(BEGUN) }

        sleep(0.001)
      end
    end

    def masked?
      deferred?(DEFERRED) && !deferred?(MARKER)
    end

    def deferred?(error)
      deferred = false
      Thread.current.raise(error)
      deferred = true
      Thread.handle_interrupt(error => :immediate) { Thread.pass }
    rescue error
      deferred
    end

    # A mask belongs to the thread, not the fiber: that of a fiber which never resumes stays in force. A fiber that was
    # killed meanwhile has set none, so it is tried again.
    def unmask
      loop do
        Thread.handle_interrupt(Object => :immediate) { Thread.pass }
        fiber = Fiber.new { Thread.handle_interrupt(Object => :immediate) { Fiber.yield } }
        fiber.resume
        break if fiber.alive?
      end
    end

    BEGINNING = TracePoint.new(:thread_begin) do
      unmask if masked?
      Thread.current.thread_variable_set(BEGUN, true)
    end
    private_constant :BEGINNING
  end
end
