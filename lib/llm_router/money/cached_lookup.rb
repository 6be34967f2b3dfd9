# frozen_string_literal: true

class LlmRouter
  # What a look-up at an endpoint brought, kept for a while. One caller makes it and the others wait for that; where it
  # fails, what was known before holds, and the next one is made after a pause.
  # @api private
  class CachedLookup
    # Seconds for which a failure is left alone.
    PAUSE = 60.0
    private_constant :PAUSE

    Known = Struct.new(:value, :at, :doubtful)
    private_constant :Known

    def initialize
      @lock = Mutex.new
      @known = nil
    end

    # @return [Object, nil] what was known last
    def value
      @known&.value
    end

    # @param ttl [Float] seconds for which it is kept
    # @param failed [#call] given the error of a look-up that failed
    # @yieldreturn [Object] what is kept; may raise {LookupFailed}
    # @return [Object, nil]
    def fetch(ttl, failed, &)
      return value if fresh?(ttl)
      return renew(failed, &) if in_the_way?

      @lock.synchronize do
        next value if fresh?(ttl)

        @thread = Thread.current
        renew(failed, &)
      ensure
        @thread = nil
      end
    end

    # It may be out of date: it is looked up again, after the pause.
    def doubt
      known = @known
      @known = Known.new(known.value, known.at, true) if known
    end

    private

    def fresh?(ttl)
      known = @known
      known && now < known.at + (known.doubtful ? [PAUSE, ttl].min : ttl)
    end

    # Another fiber of this thread makes it, and could not go on while this one, which has no scheduler, waits.
    def in_the_way?
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
