# frozen_string_literal: true

class LlmRouter
  class SharedHealth
    # The thread that talks to the cache, and what it has to do. One for each process.
    # @api private
    class Mirror
      # Seconds after which the cache may forget.
      KEPT = 4500
      # A cache that failed is left alone for so many seconds.
      REST = 5.0
      # A thread that has nothing to do for so many seconds ends.
      IDLE = 60.0
      # Places to keep an eye on, at most.
      MOST = 1000

      def initialize(cache)
        @cache = cache
        @pid = Process.pid
        @lock = Mutex.new
        @work = ConditionVariable.new
        @done = ConditionVariable.new
        @chains = ObjectSpace::WeakMap.new
        @places = {}
        @outbox = {}
        @seen = {}
        @wanted = false
        @late = false
        @fresh_until = 0.0
      end

      def current?
        @pid == Process.pid
      end

      # @return [void] within {PATIENCE}
      def refresh(chain, logger)
        until_then = now + PATIENCE
        @lock.synchronize do
          @logger = logger
          look_after(chain) unless @chains.key?(chain)
          next if fresh?

          @wanted = true
          wake
          # Who is waited for in vain once is not waited for again until it comes.
          next if @late

          wait_for_news(until_then)
          @late = !fresh?
        end
      end

      def tell(place, value)
        @lock.synchronize do
          @outbox[place.key] = value
          @outbox.shift while @outbox.size > MOST
          wake
        end
      end

      private

      def look_after(chain)
        @chains[chain] = true
        places = chain.candidates.flat_map { |candidate| [Place.model(candidate), Place.endpoint(candidate)] }
        unknown = places.reject { |place| @places.key?(place.key) }
        return if unknown.empty?

        forget if @places.size + unknown.size > MOST
        unknown.each { |place| @places[place.key] = place }
        @fresh_until = 0.0
      end

      # Chains that somebody makes up as they go; those that are used again are looked after again.
      def forget
        @places.clear
        @chains = ObjectSpace::WeakMap.new
      end

      def fresh?
        now < @fresh_until
      end

      def wait_for_news(until_then)
        left = until_then - now
        while left.positive? && !fresh?
          @done.wait(@lock, left)
          left = until_then - now
        end
      end

      def wake
        # A thread inherits what its maker holds off. This one has to end with the process.
        @thread = Thread.new { Thread.handle_interrupt(Object => :immediate) { work } } unless @thread&.alive?
        @work.signal
      rescue ThreadError => e
        # There is none to be had. A call goes on without.
        failed(e)
      end

      def work
        Thread.current.name = "llm_router health"
        Thread.current.report_on_exception = false
        loop do
          outbox, places = @lock.synchronize { job }
          break unless places

          came = ask(outbox, places)
          Hooks.run(:before_wait)
          @lock.synchronize do
            @fresh_until = now + (came ? FRESH : REST)
            @late = false
            @done.broadcast
          end
        end
      end

      # @return [Array, nil] nil where there has been nothing to do for a while
      def job
        @work.wait(@lock, IDLE) unless @wanted || @outbox.any?
        return @thread = nil unless @wanted || @outbox.any?

        @wanted = false
        taken = @outbox
        @outbox = {}
        [taken, @places.dup]
      end

      def ask(outbox, places)
        outbox.each { |key, value| @seen[key] = value if @cache.write(key, value, expires_in: KEPT) }
        news(places).each do |key, value|
          places.fetch(key).take(value, known: @seen.key?(key))
          @seen[key] = value
        end
        @seen.keep_if { |key, _| places.key?(key) }
        @failing = false
        true
      rescue StandardError, ScriptError => e
        failed(e)
        false
      end

      # What is taken over once is not taken over again: a cooldown would grow by the jitter, or outlive a success of
      # this process. What this process is about to tell is newer than what it read.
      def news(places)
        values = @cache.read_multi(*places.keys)
        untold = @lock.synchronize { @outbox.keys }
        values.reject { |key, value| @seen[key] == value || untold.include?(key) }
      end

      # Once for each time that the cache is down. Its message may hold anything.
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
