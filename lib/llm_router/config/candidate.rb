# frozen_string_literal: true

class LlmRouter
  # One candidate of a chain, checked.
  # @api private
  class Candidate
    KEYS = %i[model endpoint timeout context retries params price system messages].freeze
    private_constant :KEYS

    # @return [String]
    attr_reader :model
    # @return [Endpoint]
    attr_reader :endpoint
    # @return [Integer, nil] tokens that the model takes; nil if the chain does not set it
    attr_reader :context
    # @return [Price, nil] nil if the chain does not set it
    attr_reader :price
    # @return [Hash] parameters for this model alone
    attr_reader :params
    # @return [OwnMessages, nil] nil if it gets the caller's
    attr_reader :own_messages

    # @param given [String, Hash]
    # @param endpoints [Hash{Symbol => Endpoint}]
    # @param place [String] how errors name it
    # @raise [ConfigurationError]
    def initialize(given, endpoints:, place:)
      @place = place
      given = settings(given)
      @model = checked_model(given[:model])
      @endpoint = known_endpoint(given[:endpoint] || :openrouter, endpoints)
      limit(**given.slice(:timeout, :context, :retries).compact)
      @price = given[:price] && Price.of("#{place}: price", given[:price])
      @params = checked_params(given[:params] || {})
      @own_messages = OwnMessages.of(given, place)
      freeze
    end

    # @param tier [String, nil] a service tier dearer than the standard one
    # @return [Price, nil] the chain's, which is that of the tier in the chain's params
    def price_at(tier)
      price if tier.nil? || params.any? { |name, _| %w[service_tier speed].include?(name.to_s) }
    end

    # The arguments of Native::Chain.new.
    def to_native
      [model, endpoint.native, @timeout, context, @retries, params, !own_messages.nil?]
    end

    private

    def limit(timeout: nil, context: nil, retries: nil)
      @timeout = timeout.nil? ? nil : Setting.seconds("#{@place}: timeout", timeout)
      @context = context.nil? ? nil : Setting.tokens("#{@place}: context", context)
      @retries = retries.nil? ? nil : RetrySettings.check("#{@place}: retries", retries)
    end

    def settings(given)
      return { model: given } if given.is_a?(String)

      wrong("is a #{given.class}: give a model's name or a Hash") unless given.is_a?(Hash)
      known_keys(given.transform_keys { |key| key.is_a?(String) ? key.to_sym : key })
    end

    def known_keys(given)
      unknown = given.keys - KEYS
      return given if unknown.empty?

      wrong("has #{unknown.map(&:inspect).join(', ')}: it takes #{KEYS.map(&:inspect).join(', ')}. Parameters of the " \
            "API, such as max_tokens, belong in params: { max_tokens: 200 }")
    end

    def checked_model(model)
      unless model.is_a?(String) && model.valid_encoding? && !model.strip.empty?
        wrong("needs a model, such as \"google/gemini-2.5-flash\", not #{model.inspect}")
      end
      return model.dup.freeze if Setting.one_line?(model)

      wrong("has a model with a line break or a control character in its name: #{model.dump}. Give the name alone")
    end

    def known_endpoint(name, endpoints)
      endpoints.fetch(endpoints.keys.find { |known| known.name == name.to_s }) do
        there_are = endpoints.keys.map(&:inspect).join(", ")
        wrong("names the endpoint #{name.inspect}: there are #{there_are}. Add one with config.endpoint")
      end
    end

    def checked_params(params)
      wrong("has params of #{params.class}: give a Hash") unless params.is_a?(Hash)
      Parameters.check(params, ConfigurationError) { "#{@place}: params" }
      params
    end

    def wrong(what)
      raise ConfigurationError, "#{@place} #{what}"
    end
  end
end
