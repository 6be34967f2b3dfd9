# frozen_string_literal: true

class LlmRouter
  class SharedHealth
    # The thread that talks to the cache, and its work. One for each process.
    # @api private
    class Mirror
      # Seconds until entries of the cache expire.
      EXPIRES_IN = 4500
      # Seconds until a cache that failed is used again.
      RETRY_INTERVAL = 5.0
      # Seconds without work until the thread ends.
      IDLE_TIMEOUT = 60.0
      # The most circuit breakers to watch.
      MAX_BREAKERS = 1000

      def initialize(cache)
        @cache = cache
        @pid = Process.pid
        @lock = Mutex.new
        @work = ConditionVariable.new
        @done = ConditionVariable.new
        @chains = ObjectSpace::WeakMap.new
        @breakers = {}
        @outbox = {}
        @seen = {}
        @wanted = false
        @timed_out = false
        @fresh_until = 0.0
      end

      def current?
        @pid == Process.pid
      end

      # @return [void] within {REFRESH_TIMEOUT}
      def refresh(chain, logger)
        deadline = now + REFRESH_TIMEOUT
        @lock.synchronize do
          @logger = logger
          watch(chain) unless @chains.key?(chain)
          next if fresh?

          @wanted = true
          wake
          # After a timeout, no call waits until the thread is back.
          next if @timed_out

          wait_for_refresh(deadline)
          @timed_out = !fresh?
        end
      end

      def write(breaker, value)
        @lock.synchronize do
          @outbox[breaker.key] = value
          @outbox.shift while @outbox.size > MAX_BREAKERS
          wake
        end
      end

      private

      def watch(chain)
        @chains[chain] = true
        breakers = chain.candidates.flat_map { |candidate| [Breaker.model(candidate), Breaker.endpoint(candidate)] }
        unknown = breakers.reject { |breaker| @breakers.key?(breaker.key) }
        return if unknown.empty?

        forget if @breakers.size + unknown.size > MAX_BREAKERS
        unknown.each { |breaker| @breakers[breaker.key] = breaker }
        @fresh_until = 0.0
      end

      # For apps that build chains on the fly. Chains that are used again are watched again.
      def forget
        @breakers.clear
        @chains = ObjectSpace::WeakMap.new
      end

      def fresh?
        now < @fresh_until
      end

      def wait_for_refresh(deadline)
        left = deadline - now
        while left.positive? && !fresh?
          @done.wait(@lock, left)
          left = deadline - now
        end
      end

      def wake
        @thread = OwnThread.start("llm_router health") { work } unless @thread&.alive?
        @work.signal
      rescue ThreadError => e
        # No thread can be made: calls go on without sharing.
        failed(e)
      end

      def work
        loop do
          outbox, breakers = @lock.synchronize { next_work }
          break unless breakers

          exchanged = exchange(outbox, breakers)
          Hooks.run(:before_wait)
          @lock.synchronize do
            @fresh_until = now + (exchanged ? REFRESH_INTERVAL : RETRY_INTERVAL)
            @timed_out = false
            @done.broadcast
          end
        end
      end

      # @return [Array, nil] nil after {IDLE_TIMEOUT} without work
      def next_work
        @work.wait(@lock, IDLE_TIMEOUT) unless @wanted || @outbox.any?
        return @thread = nil unless @wanted || @outbox.any?

        @wanted = false
        taken = @outbox
        @outbox = {}
        [taken, @breakers.dup]
      end

      def exchange(outbox, breakers)
        outbox.each { |key, value| @seen[key] = value if @cache.write(key, value, expires_in: EXPIRES_IN) }
        unseen(breakers).each do |key, value|
          breakers.fetch(key).apply(value, known: @seen.key?(key))
          @seen[key] = value
        end
        @seen.keep_if { |key, _| breakers.key?(key) }
        @failing = false
        true
      rescue StandardError, ScriptError => e
        failed(e)
        false
      end

      # A value is applied once: again, the cooldown would grow by the jitter, or outlive a success of this process. A
      # value that this process is about to write is newer.
      def unseen(breakers)
        values = @cache.read_multi(*breakers.keys)
        unwritten = @lock.synchronize { @outbox.keys }
        values.reject { |key, value| @seen[key] == value || unwritten.include?(key) }
      end

      # Logs once for each outage of the cache, without the error's message, which may hold anything.
      def failed(error)
        return if @failing

        @failing = true
        Log.new(@logger).write(:warn) { "config.health_store failed (#{error.class}): cooldowns are not shared" }
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
