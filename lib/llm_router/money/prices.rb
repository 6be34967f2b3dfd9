# frozen_string_literal: true

class LlmRouter
  # The prices of models at OpenRouter. A call waits for a look-up {LOOKUP_TIMEOUT} at most, and goes on without a price
  # if it fails.
  # @api private
  class Prices
    # Seconds that a call waits for a look-up.
    LOOKUP_TIMEOUT = 2.0
    # Seconds without look-ups of providers after one that timed out.
    RETRY_PAUSE = 60.0
    # OpenRouter has some hundreds of models, but apps may name any.
    MAX_LOOKUPS = 2_000
    # Suffixes of a model's name that choose its providers. They share one listing.
    SHORTCUTS = %w[nitro floor exacto online].freeze
    # The dearer service tier that a suffix allows.
    TIERS = { "nitro" => "priority" }.freeze
    private_constant :LOOKUP_TIMEOUT, :RETRY_PAUSE, :MAX_LOOKUPS, :SHORTCUTS, :TIERS

    def initialize
      @lock = Mutex.new
      @lookups = {}
      @paused_until = {}
    end

    # @param endpoint [Endpoint]
    # @param model [String]
    # @param config [Configuration]
    # @param tier [String, nil] a service tier dearer than the standard one
    # @return [Price, nil]
    def find(endpoint, model, config, tier = nil)
      return unless config.price_ttl && endpoint.name == :openrouter

      model, own_tiers = listing(model)
      tiers = [tier, *own_tiers].compact
      found = by_tier(endpoint, model, config)
      found.values_at(nil, *tiers).compact.reduce(:dearest) if tiers.all? { |name| found.key?(name) }
    end

    # @return [Price, nil] of the standard tier, without a look-up
    def known(endpoint, model)
      model, = listing(model)
      found = @lookups[[endpoint.base_url, model]]&.value
      found&.fetch(nil, nil) || @lookups[[endpoint.base_url, nil]]&.value&.fetch(model, nil)
    end

    # Looks the prices of a model up again: no provider serves it at the known price.
    # @param candidate [Candidate]
    def outdated(candidate)
      model, = listing(candidate.model)
      [model, nil].each { |name| @lookups[[candidate.endpoint.base_url, name]]&.outdated }
    end

    private

    # @return [Hash{String, nil => Price}]
    def by_tier(endpoint, model, config)
      found = providers(endpoint, model, config) if config.price_ceiling == :dearest
      found&.key?(nil) ? found : { nil => listed(endpoint, config)[model] }.compact
    end

    # @return [Array(String, Array<String>)] the model's name in OpenRouter's lists, and dearer tiers that may serve it
    def listing(model)
      name, *variants = model.split(":")
      [[name, *(variants - SHORTCUTS)].join(":"), variants.filter_map { |variant| TIERS[variant] }]
    end

    # @return [Hash{String, nil => Price}, nil] by service tier, the price of the dearest provider
    def providers(endpoint, model, config)
      lookup = lookup(endpoint, model)
      return lookup.value if now < @paused_until.fetch(endpoint.base_url, 0)

      failed = ->(error) { providers_unknown(endpoint, model, config, error) }
      lookup.fetch(config.price_ttl, failed) { endpoint.provider_prices(model, LOOKUP_TIMEOUT) }
    end

    def providers_unknown(endpoint, model, config, error)
      @paused_until[endpoint.base_url] = now + RETRY_PAUSE if error.is_a?(LookupFailed::Unreachable)
      Log.new(config.logger).write(:warn) do
        "the prices of #{model}'s providers are not known (#{error.message}): the price of " \
          "#{endpoint.base_url}/models is reserved"
      end
    end

    # @return [Hash{String => Price}] by model, the price of one of its providers
    def listed(endpoint, config)
      failed = lambda do |error|
        Log.new(config.logger).write(:warn) do
          "the prices of #{endpoint.base_url} are not known (#{error.message}): #{config.reserve_usd.to_s('F')} USD " \
            "(config.reserve_usd) are reserved for models without a config.price"
        end
      end
      lookup(endpoint, nil).fetch(config.price_ttl, failed) { endpoint.prices(LOOKUP_TIMEOUT) } || {}
    end

    # @param model [String, nil] nil for all of them
    def lookup(endpoint, model)
      @lock.synchronize do
        @lookups.clear if @lookups.size > MAX_LOOKUPS
        @lookups[[endpoint.base_url, model]] ||= CachedLookup.new
      end
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
