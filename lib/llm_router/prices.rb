# frozen_string_literal: true

class LlmRouter
  # The prices that OpenRouter names at +/models+. Asked for once, and again when they are too old; a
  # call waits for them a moment at most, and does without where they do not come.
  # @api private
  class Prices
    # Seconds that a call waits for them, and for which a failure is left alone.
    PATIENCE = 2.0
    PAUSE = 60.0
    private_constant :PATIENCE, :PAUSE

    # When they were asked for, and whether that failed.
    Page = Struct.new(:prices, :asked, :failed) do
      def holds?(ttl, now)
        now < asked + (failed ? [PAUSE, ttl].min : ttl)
      end
    end
    private_constant :Page

    def initialize
      @lock = Mutex.new
      @pages = {}
    end

    # @param endpoint [Endpoint]
    # @param model [String]
    # @param config [Configuration]
    # @return [Price, nil]
    def find(endpoint, model, config)
      return unless config.price_ttl && endpoint.name == :openrouter

      page = @pages[endpoint.base_url]
      page = renewed(endpoint, config) unless page&.holds?(config.price_ttl, now)
      page.prices[model]
    end

    private

    # One call asks, and the others wait for it.
    def renewed(endpoint, config)
      return renew(endpoint, config) if in_the_way?

      @lock.synchronize do
        known = @pages[endpoint.base_url]
        next known if known&.holds?(config.price_ttl, now)

        asking { renew(endpoint, config) }
      end
    end

    # Who asks is another fiber of this thread, and could not go on while this one, which has no scheduler, waits.
    def in_the_way?
      @asking == Thread.current && Fiber.current_scheduler.nil?
    end

    def asking
      @asking = Thread.current
      yield
    ensure
      @asking = nil
    end

    def renew(endpoint, config)
      @pages[endpoint.base_url] = ask(endpoint, config, @pages[endpoint.base_url])
    end

    def ask(endpoint, config, known)
      Page.new(endpoint.prices(PATIENCE), now, false)
    rescue LookupFailed => e
      Log.new(config.logger).write(:warn) do
        "the prices of #{endpoint.base_url} are not known (#{e.message}): #{config.reserve_usd.to_s('F')} USD " \
          "(config.reserve_usd) are reserved where config.price does not say one"
      end
      Page.new(known ? known.prices : {}, now, true)
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
