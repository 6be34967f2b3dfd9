# frozen_string_literal: true

class LlmRouter
  # An OpenAI-compatible gateway: where requests go, and whose key pays. Made by
  # {Configuration#endpoint} and by +base_url+ and +api_key+. Checked when it is made.
  class Endpoint
    LOOPBACK = %r{\Ahttp://}
    private_constant :LOOPBACK

    # @return [Symbol]
    attr_reader :name
    # @return [String]
    attr_reader :base_url
    # @return [String, nil] the header that takes the key; nil for a bearer token
    # @api private
    attr_reader :auth
    # @api private
    attr_reader :native

    # @api private
    # @param name [Symbol]
    # @param base_url [String]
    # @param api_key [Secret, nil, false] false for a gateway that needs none
    # @param app_name [String, nil]
    # @param app_url [String, nil]
    # @param trust [Native::Trust, nil] the authorities that may sign its certificate; nil for the system's
    # @param auth [String, nil] the header that takes the key; nil for a bearer token
    # @param shared_headers [Array<Array(String, String)>] of all endpoints: OpenRouter's own go to OpenRouter alone
    # @param headers [Array<Array(String, String)>] its own
    # @raise [ConfigurationError]
    def initialize(name:, base_url:, api_key:, app_name: nil, app_url: nil, trust: nil, auth: nil, shared_headers: [],
                   headers: [])
      @name = name
      @base_url = base_url
      @keyless = api_key.nil? && !base_url.match?(LOOPBACK)
      @api_key = api_key || nil
      @auth = auth
      # A closure, so that no dump of the instance variables shows the headers.
      settings = [[app_name, app_url], trust, [auth, shared_headers, headers]].freeze
      @settings = -> { settings }
      @native = moved_to(base_url, api_key ? api_key.reveal : nil)
      freeze
    end

    # @return [Boolean] whether it needs a key and has none. On loopback it needs none.
    # @api private
    def keyless? = @keyless

    # An endpoint may be configured without its key, since many apps boot without their secrets, but not called.
    # @raise [ConfigurationError]
    # @api private
    def check_key!
      return unless keyless?

      remedy = if name == :openrouter
                 "set config.api_key, or OPENROUTER_API_KEY in the environment"
               else
                 "pass api_key: to config.endpoint (api_key: false if it needs none)"
               end
      raise ConfigurationError, "endpoint #{name} (#{base_url}) has no API key: #{remedy}"
    end

    # @param timeout [Float] seconds
    # @return [Hash{String => Price}] by model, the price of one of its providers
    # @raise [LookupFailed]
    # @api private
    def prices(timeout)
      lookups.prices(timeout).transform_values { |rates| price_of(*rates) }
    end

    # @param model [String]
    # @param timeout [Float] seconds
    # @return [Hash{String, nil => Price}] by service tier, nil for the standard one: the price of its dearest provider
    # @raise [LookupFailed]
    # @api private
    def provider_prices(model, timeout)
      lookups.provider_prices(model, timeout).transform_values { |rates| price_of(*rates) }
    end

    # @param path [Array<String>] below the base URL
    # @param timeout [Float] seconds
    # @return [Array(Integer, String, String)] the status, the Date header and the body of a GET
    # @raise [LookupFailed]
    # @api private
    def page(path, timeout)
      lookups.page(path, timeout)
    end

    # @param id [String]
    # @param timeout [Float] seconds
    # @return [Array(String, Integer, Integer, String)] the cost in US dollars, tokens, and the model
    # @raise [LookupFailed]
    # @api private
    def generation(id, timeout)
      lookups.generation(id, timeout)
    end

    # Identifies it to other processes, without revealing the key.
    # @return [String]
    # @api private
    def fingerprint
      require "digest"
      Digest::SHA256.hexdigest([name, base_url, @api_key&.reveal].join("\n"))
    end

    # The same settings at another address, for tests.
    # @api private
    def moved_to(base_url, api_key)
      Native::Endpoint.new(name.to_s, base_url, api_key, *@settings.call)
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{name} #{base_url}>"
    end

    private

    # {Testing::Rewiring} has others.
    def lookups
      native
    end

    def price_of(*rates, context_length, max_completion_tokens)
      prompt, completion, request, image = rates.map { |usd| BigDecimal(usd) }
      Price.new(prompt: prompt, completion: completion, request: request, image: image,
                context_length: context_length, max_completion_tokens: max_completion_tokens)
    end
  end
end
