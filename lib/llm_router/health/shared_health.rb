# frozen_string_literal: true

require "digest"

class LlmRouter
  # Shares cooldowns with other processes and hosts over a cache: what this one finds is written there,
  # and what others wrote is taken over, at most a second later.
  #
  # The cache is asked on a thread of its own, and a call waits for it no longer than {PATIENCE}: a cache
  # that is slow or down delays nobody, and takes no more than the sharing away.
  # @api private
  class SharedHealth
    # Seconds that a call waits for what other processes know.
    PATIENCE = 0.05
    # Seconds for which it then knows enough.
    FRESH = 1.0

    autoload :Mirror, "llm_router/health/shared_health/mirror"

    # @param cache [#read_multi, #write]
    def initialize(cache)
      @cache = cache
      @lock = Mutex.new
    end

    # Before a call: takes over what others know of its chain.
    # @param chain [Chain]
    # @param logger [Logger]
    # @return [void]
    def refresh(chain, logger)
      mirror.refresh(chain, logger)
    end

    # Tells the others of a cooldown.
    # @param candidate [Candidate]
    # @param seconds [Float] that it lasts
    # @param reason [Symbol]
    # @param whole_endpoint [Boolean]
    # @return [void]
    def cooling(candidate, seconds:, reason:, whole_endpoint:, **)
      place = whole_endpoint ? Place.endpoint(candidate) : Place.model(candidate)
      mirror.tell(place, "cooling #{(Time.now.to_f + seconds).round(3)} #{reason} #{seconds.ceil}")
    end

    # Tells the others that it answers again.
    # @param candidate [Candidate]
    # @param model [Boolean] the model was cooling down
    # @param whole_endpoint [Boolean] its endpoint was
    # @return [void]
    def warm(candidate, model:, whole_endpoint:)
      mirror.tell(Place.model(candidate), "warm #{Time.now.to_f}") if model
      mirror.tell(Place.endpoint(candidate), "warm #{Time.now.to_f}") if whole_endpoint
    end

    private

    # Of this process: a fork has no thread of its parent's.
    def mirror
      @lock.synchronize do
        @mirror = Mirror.new(@cache) unless @mirror&.current?
        @mirror
      end
    end

    # A model at an endpoint, or an endpoint as a whole (no model), and the key that it has in the cache.
    Place = Struct.new(:endpoint, :model) do
      def self.model(candidate)
        new(candidate.endpoint, candidate.model)
      end

      def self.endpoint(candidate)
        new(candidate.endpoint, nil)
      end

      def key
        @key ||= "llm_router/health/#{Digest::SHA256.hexdigest("#{endpoint.fingerprint}\n#{model}")[0, 32]}"
      end

      # @param value [String] as {SharedHealth} tells it
      # @param known [Boolean] there was another value before
      def take(value, known:)
        word, time, reason, length = value.to_s.split
        # Never for longer than it was to last, whatever the clock of who wrote it says.
        left = [time.to_f - Time.now.to_f, length.to_f, Mirror::KEPT].min
        if word == "cooling" && left.positive?
          Native::Health.take_over(endpoint.native, model, left, reason.to_s)
        elsif word == "warm" && known
          Native::Health.lift(endpoint.native, model)
        end
      end
    end
    private_constant :Place
  end
end
