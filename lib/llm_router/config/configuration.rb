# frozen_string_literal: true

class LlmRouter
  # The settings of {LlmRouter.configure}. Frozen once configured.
  class Configuration
    include Settings
    include HealthSettings
    include RetrySettings
    include RecordSettings
    include BudgetSettings
    include DashboardSettings
    include Warnings
    extend InForce

    # @return [Array<#call>] the blocks of {#on_hop}
    attr_reader :hop_observers
    # @return [Events, Notifications] what publishes events
    # @api private
    attr_reader :events

    # @api private
    def initialize
      set_defaults
      set_health_defaults
      set_retry_defaults
      set_record_defaults
      set_budget_defaults
      @hop_observers = []
      @warned_of = {}
      @endpoint_settings = {}
      @chain_settings = {}
      @price_settings = {}
      @prices = Prices.new
      finish
    end

    # Names an ordered chain of models.
    # @param name [Symbol, String]
    # @param candidates [Array<String, Hash>] each a model's name, or a Hash of +model:+ and
    #   optionally +endpoint:+ (a name given to {#endpoint}), +timeout:+ (seconds), +context:+ (tokens that the model
    #   takes), +retries:+ (0 to 5: how often it is called again after a transient failure that came quickly), +params:+
    #   (options for this model alone, which take precedence over those of the call; nil removes one), +price:+ (as
    #   {#price}), and +messages:+ (a callable that takes the messages of the call and returns those for this model
    #   alone) or +system:+ (a String, the system message for this model alone)
    # @param hedge [Hash, nil] if the first attempt of a {LlmRouter#call} or {LlmRouter#embed} has not ended +after:+ so
    #   many seconds, or +:p95+ (longer than 95 of 100 answers of that model took in this process, once it has seen 20),
    #   the next candidate is called as well, and the first answer wins. +share:+ is the part of the calls that may be
    #   hedged (0.05). Later attempts, and the calls of a batch, are not: see docs/chains.md
    # @return [void]
    # @raise [ConfigurationError] at the end of the block of {LlmRouter.configure}
    # @example
    #   config.chain :default, ["anthropic/claude-sonnet-4.5",
    #                           "google/gemini-2.5-flash",
    #                           { model: "llama-3.3-70b-versatile", endpoint: :groq, timeout: 10 }]
    # @example
    #   config.chain :chat, ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"], hedge: { after: 8 }
    def chain(name, candidates, hedge: nil)
      settings = { candidates: Setting.copy(candidates), hedge: Setting.copy(hedge) }
      @chain_settings = @chain_settings.merge(Setting.name("a chain", name) => settings)
    end

    # Names another OpenAI-compatible gateway, for chains that do not end at OpenRouter.
    # @param name [Symbol, String]
    # @param base_url [String] the part before +/chat/completions+
    # @param api_key [String, nil, false] false for a gateway that needs no key
    # @param auth [Symbol, String] +:bearer+, or the header that takes the key as it is
    # @param headers [Hash{String, Symbol => String, nil}] headers of its requests, beside {Settings#headers}
    # @return [void]
    # @raise [ConfigurationError]
    # @example
    #   config.endpoint :groq, base_url: "https://api.groq.com/openai/v1", api_key: ENV["GROQ_API_KEY"]
    # @example Azure, where a deployment has an address of its own
    #   config.endpoint :azure, base_url: "https://shop.openai.azure.com/openai/deployments/gpt-4o?api-version=2024-10-21",
    #                           auth: "api-key", api_key: ENV["AZURE_OPENAI_API_KEY"]
    def endpoint(name, base_url:, api_key: nil, auth: :bearer, headers: {})
      name = Setting.name("an endpoint", name)
      if name == :openrouter
        raise ConfigurationError, "endpoint :openrouter is there already: set config.base_url and config.api_key"
      end

      settings = { base_url: Setting.url("base_url of endpoint #{name}", base_url),
                   api_key: api_key && Setting.secret("api_key of endpoint #{name}", api_key),
                   auth: Headers.auth("auth of endpoint #{name}", auth) }
      settings[:headers] = Headers.check("headers of endpoint #{name}", headers, taken: [settings[:auth]].compact)
      settings[:api_key] = false if api_key == false
      @endpoint_settings = @endpoint_settings.merge(name => settings)
    end

    # Sets the price of a model, so that the worst case of a call is known before it is made. Without it, here or in the
    # chain, OpenRouter's price is looked up. If the budget reserves, OpenRouter uses no provider that charges more.
    # @param model [String] as chains name it
    # @param price [Hash] +prompt:+ and +completion:+, US dollars per token as decimals in Strings, and optionally
    #   +request:+, US dollars per request, and +max_completion_tokens:+, for calls without +max_tokens+
    # @return [void]
    # @raise [ConfigurationError]
    # @example 3 dollars for a million tokens in, 15 for a million out
    #   config.price "anthropic/claude-sonnet-4.5", prompt: "0.000003", completion: "0.000015"
    def price(model, **price)
      @price_settings = @price_settings.merge(model.to_s => Price.of("the price of #{model}", price))
    end

    # Registers an observer, called with each {Hop} as it happens. Its errors are logged and do not affect the call.
    # Do so in an initializer: in Rails' +to_prepare+, each reload would register one more.
    # @yieldparam hop [Hop]
    # @return [void]
    # @example
    #   config.on_hop { |hop| StatsD.increment("llm.hop", tags: ["reason:#{hop.reason}"]) }
    def on_hop(&block)
      raise ArgumentError, "on_hop needs a block" unless block

      @hop_observers = [*@hop_observers, block]
    end

    # @return [Array<Symbol>] the names of the chains there are
    def chain_names
      @chains.keys
    end

    # @return [Array<Chain>] the chains there are
    # @api private
    def chains
      @chains.values
    end

    # @return [Boolean] whether the app has set no logger
    # @api private
    def default_logger?
      logger.equal?(@default_logger)
    end

    # @param chain [Symbol, String, Array<String, Hash>] a name, or candidates
    # @return [Chain]
    # @raise [ConfigurationError]
    # @api private
    def resolve(chain)
      return @chains.fetch(chain.to_sym) { unknown(chain) } if chain.is_a?(Symbol) || chain.is_a?(String)

      Chain.new(name: nil, candidates: chain, endpoints: @endpoints).tap do |ad_hoc|
        check_params(ad_hoc)
        doubt(ad_hoc)
      end
    end

    # @param candidate [Candidate]
    # @param bounds [Bounds] of the request, which may name a dearer service tier
    # @return [Price, nil]
    # @api private
    def price_of(candidate, bounds = Bounds::PLAIN)
      configured = candidate.price_at(bounds.tier) || (@price_settings[candidate.model] unless bounds.tier)
      return configured if configured&.completion_tokens(bounds)

      found = @prices.find(candidate.endpoint, candidate.model, self, bounds.tier)
      configured ? configured.limited_as(found) : found
    end

    # @param candidate [Candidate]
    # @return [Integer, nil] tokens that it takes, as the chain says or as it is looked up
    # @api private
    def window_of(candidate)
      candidate.context || @prices.find(candidate.endpoint, candidate.model, self)&.context_length
    end

    # @param candidate [Candidate]
    # @return [Integer, nil] the same without a look-up, as far as it is known
    # @api private
    def known_window_of(candidate)
      candidate.context || @prices.known(candidate.endpoint, candidate.model)&.context_length
    end

    # Looks the price up again: no provider serves the model at it.
    # @param candidate [Candidate]
    # @api private
    def price_outdated(candidate)
      @prices.outdated(candidate)
    end

    # @param name [String, Symbol]
    # @return [Endpoint]
    # @raise [ConfigurationError]
    # @api private
    def endpoint_called(name)
      @endpoints.fetch(name.to_sym) { raise ConfigurationError, "no endpoint is called #{name} any more" }
    end

    # Checks and compiles what was set. Warns of the doubts about a chain, once.
    # @api private
    def finish
      @events = Events.sink
      before = @chains || {}
      @endpoints = compiled_endpoints.freeze
      @chains = compiled_chains.freeze
      @chains.each_value do |chain|
        check_params(chain)
        doubt(chain) unless same_vendor == :warn && before[chain.name]&.doubts == chain.doubts
      end
      freeze
    end

    # @return [String] without keys. Ruby shows it when a frozen configuration is changed.
    def inspect
      advice = " in force: change it in a block of LlmRouter.configure," if frozen?
      "#<#{self.class}#{advice} base_url=#{base_url.inspect} timeout=#{timeout} deadline=#{deadline.inspect} " \
        "chains=#{chain_names.inspect} endpoints=#{@endpoints.keys.inspect}>"
    end

    private

    def compiled_endpoints
      settings = { openrouter: { base_url: base_url, api_key: api_key }, **@endpoint_settings }
      settings.to_h { |name, given| [name, endpoint_of(name, **given)] }
    end

    def compiled_chains
      @chain_settings.to_h do |name, settings|
        [name, Chain.new(name: name, endpoints: @endpoints, **settings)]
      end
    end

    def endpoint_of(name, base_url:, api_key:, auth: nil, headers: {})
      Endpoint.new(name: name, base_url: base_url, api_key: api_key, app_name: app_name, app_url: app_url,
                   trust: @trust, auth: auth, headers: Headers.pairs(headers),
                   shared_headers: Headers.pairs(self.headers.except(*auth, *headers.keys)))
    end

    def unknown(chain)
      there_are = chain_names.empty? ? "none is configured" : "there are #{chain_names.map(&:inspect).join(', ')}"
      raise ConfigurationError, "no chain is called #{chain.inspect}: #{there_are}. " \
                                "Name one with config.chain(:name, [\"vendor/model\", ...]) in LlmRouter.configure"
    end
  end
end
