# frozen_string_literal: true

class LlmRouter
  # A cached look-up at an endpoint. One caller makes it and the others wait for it. If it fails, the old value stays,
  # and the next look-up is made after a pause.
  # @api private
  class CachedLookup
    # Seconds between a failed look-up and the next.
    RETRY_PAUSE = 60.0
    private_constant :RETRY_PAUSE

    Known = Struct.new(:value, :at, :outdated)
    private_constant :Known

    def initialize
      @lock = Mutex.new
      @known = nil
    end

    # @return [Object, nil] the last known value
    def value
      @known&.value
    end

    # @param ttl [Float] seconds for which it is kept
    # @param failed [#call] called with the error of a failed look-up
    # @yieldreturn [Object] the value; may raise {LookupFailed}
    # @return [Object, nil]
    def fetch(ttl, failed, &)
      return value if fresh?(ttl)
      return renew(failed, &) if blocked_by_this_thread?

      @lock.synchronize do
        next value if fresh?(ttl)

        @thread = Thread.current
        renew(failed, &)
      ensure
        @thread = nil
      end
    end

    # Makes the next look-up after the pause, whatever the ttl.
    def outdated
      known = @known
      @known = Known.new(known.value, known.at, true) if known
    end

    private

    def fresh?(ttl)
      known = @known
      known && now < known.at + (known.outdated ? [RETRY_PAUSE, ttl].min : ttl)
    end

    # Another fiber of this thread makes the look-up, and could not go on while this one waits without a scheduler.
    def blocked_by_this_thread?
      @thread == Thread.current && Fiber.current_scheduler.nil?
    end

    def renew(failed)
      @known = Known.new(yield, now, false)
      value
    rescue LookupFailed => e
      failed.call(e)
      @known = Known.new(value, now, true)
      value
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
