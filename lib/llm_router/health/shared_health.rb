# frozen_string_literal: true

require "digest"

class LlmRouter
  # Shares cooldowns with other processes and hosts through a cache. Writes this process's, and takes over those of
  # others at most a second later.
  #
  # A thread of its own talks to the cache, and a call waits for it {REFRESH_TIMEOUT} at most: a cache that is slow or
  # down ends the sharing, but delays no call.
  # @api private
  class SharedHealth
    # Seconds that a call waits for the cooldowns of other processes.
    REFRESH_TIMEOUT = 0.05
    # Seconds between two readings of the cache.
    REFRESH_INTERVAL = 1.0

    autoload :Mirror, "llm_router/health/shared_health/mirror"

    # @param cache [#read_multi, #write]
    def initialize(cache)
      @cache = cache
      @lock = Mutex.new
    end

    # Before a call: takes over the cooldowns of others for its chain.
    # @param chain [Chain]
    # @param logger [Logger]
    # @return [void]
    def refresh(chain, logger)
      mirror.refresh(chain, logger)
    end

    # Writes a cooldown to the cache.
    # @param candidate [Candidate]
    # @param seconds [Float] that it lasts
    # @param reason [Symbol]
    # @param whole_endpoint [Boolean]
    # @return [void]
    def cooldown_started(candidate, seconds:, reason:, whole_endpoint:, **)
      breaker = whole_endpoint ? Breaker.endpoint(candidate) : Breaker.model(candidate)
      mirror.write(breaker, "cooling #{(Time.now.to_f + seconds).round(3)} #{reason} #{seconds.ceil}")
    end

    # Writes to the cache that the model answers again.
    # @param candidate [Candidate]
    # @param model [Boolean] the model was cooling down
    # @param whole_endpoint [Boolean] its endpoint was
    # @return [void]
    def recovered(candidate, model:, whole_endpoint:)
      mirror.write(Breaker.model(candidate), "recovered #{Time.now.to_f}") if model
      mirror.write(Breaker.endpoint(candidate), "recovered #{Time.now.to_f}") if whole_endpoint
    end

    # Reads the cooldowns of all processes, as the cache has them now.
    # @param candidates [Array<Candidate>]
    # @return [Hash{Candidate => Array(Time, String)}] of those that cool down: until when, and why
    # @raise [StandardError] of the cache
    def cooldowns(candidates)
      breakers = candidates.to_h { |candidate| [candidate, [Breaker.model(candidate), Breaker.endpoint(candidate)]] }
      values = @cache.read_multi(*breakers.values.flatten.map(&:key).uniq)
      breakers.filter_map do |candidate, both|
        cooling = both.filter_map { |breaker| Breaker.cooling(values[breaker.key]) }.max
        [candidate, cooling] if cooling
      end.to_h
    end

    private

    # Of this process: a fork has no thread of its parent's.
    def mirror
      @lock.synchronize do
        @mirror = Mirror.new(@cache) unless @mirror&.current?
        @mirror
      end
    end

    # The circuit breaker of a model at an endpoint, or of an endpoint as a whole (no model), and its key in the cache.
    Breaker = Struct.new(:endpoint, :model) do
      def self.model(candidate)
        new(candidate.endpoint, candidate.model)
      end

      def self.endpoint(candidate)
        new(candidate.endpoint, nil)
      end

      # @param value [String, nil] as {SharedHealth} writes it
      # @return [Array(Time, String), nil] nil unless it cools down
      def self.cooling(value)
        word, time, reason = value.to_s.split
        [Time.at(time.to_f), reason.to_s] if word == "cooling" && time.to_f > Time.now.to_f
      end

      def key
        @key ||= "llm_router/health/#{Digest::SHA256.hexdigest("#{endpoint.fingerprint}\n#{model}")[0, 32]}"
      end

      # @param value [String] as {SharedHealth} writes it
      # @param known [Boolean] whether another value was read before
      def apply(value, known:)
        word, time, reason, length = value.to_s.split
        # Never longer than the whole cooldown, whatever the clock of the writer.
        left = [time.to_f - Time.now.to_f, length.to_f, Mirror::EXPIRES_IN].min
        if word == "cooling" && left.positive?
          Native::Health.take_over(endpoint.native, model, left, reason.to_s)
        elsif word == "recovered" && known
          Native::Health.lift(endpoint.native, model)
        end
      end
    end
    private_constant :Breaker
  end
end
