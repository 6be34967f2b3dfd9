# frozen_string_literal: true

class LlmRouter
  # The price of a model. Frozen.
  #
  # @!attribute [r] prompt
  #   @return [BigDecimal] US dollars per token that is sent
  # @!attribute [r] completion
  #   @return [BigDecimal] US dollars per token that is answered
  # @!attribute [r] request
  #   @return [BigDecimal] US dollars per request on top
  # @!attribute [r] image
  #   @return [BigDecimal, nil] US dollars per image of the prompt, besides its tokens
  # @!attribute [r] context_length
  #   @return [Integer, nil] tokens that the model can take in at most
  # @!attribute [r] max_completion_tokens
  #   @return [Integer, nil] tokens that the model can answer with at most
  Price = Struct.new(:prompt, :completion, :request, :image, :context_length, :max_completion_tokens,
                     keyword_init: true) do
    # @param place [String] what an error calls it
    # @param given [Hash] +prompt:+, +completion:+ and optionally +request:+ and +max_completion_tokens:+
    # @return [Price]
    # @raise [ConfigurationError]
    # @api private
    def self.of(place, given)
      given = given.is_a?(Hash) ? given.transform_keys { |key| key.to_s.to_sym } : {}
      limit = given.delete(:max_completion_tokens)
      refuse(place) unless [%i[completion prompt], %i[completion prompt request]].include?(given.keys.sort)
      rates = { request: 0, **given }.to_h { |key, usd| [key, Setting.usd("#{place} #{key}", usd)] }
      new(**rates, max_completion_tokens: limit && Setting.count("#{place} max_completion_tokens", limit))
    end

    def self.refuse(place)
      raise ConfigurationError, "#{place} needs prompt: and completion:, US dollars per token, such as " \
                                "{ prompt: \"0.000003\", completion: \"0.000015\" }, and takes request: and " \
                                "max_completion_tokens: besides"
    end
    private_class_method :refuse

    # @api private
    def initialize(**)
      super
      @ceiling = [prompt, completion, request, (image if image&.positive?)].map { |usd| usd&.to_s("F").freeze }.freeze
      freeze
    end
  end

  # Computes costs.
  class Price
    # @param bounds [Bounds]
    # @return [Integer, nil] the most tokens of all completions; nil where neither request nor model has a limit
    # @api private
    def completion_tokens(bounds)
      bounds.completion_tokens || (max_completion_tokens && bounds.choices && (max_completion_tokens * bounds.choices))
    end

    # @param bounds [Bounds] whose completions have a limit
    # @return [BigDecimal, nil] US dollars at most; nil where the prompt may have any number of tokens, or images
    # @api private
    def of(bounds)
      return unless (tokens = prompt_tokens(bounds))

      usd = (prompt * tokens) + (completion * completion_tokens(bounds))
      usd += request unless request.zero?
      [usd, Setting::MAX_USD].min
    end

    # @param prompt_tokens [Integer]
    # @param completion_tokens [Integer]
    # @return [BigDecimal, nil] US dollars, exactly; nil where that is no amount
    # @api private
    def cost(prompt_tokens, completion_tokens)
      usd = (prompt * prompt_tokens) + (completion * completion_tokens) + request
      usd if usd <= Setting::MAX_USD
    end

    # @return [Price] whichever is dearer, rate by rate
    # @api private
    def dearest(other)
      self.class.new(**to_h.merge(other.to_h) { |_, one, two| one && two && [one, two].max })
    end

    # @param other [Price, nil]
    # @return [Price] this, for completions of that length
    # @api private
    def limited_as(other)
      self.class.new(**to_h, max_completion_tokens: other&.max_completion_tokens)
    end

    # @return [Array<String, nil>] decimals for +provider.max_price+: per token of the prompt and of the completion,
    #   per request, per image where that has a price
    # @api private
    attr_reader :ceiling

    private

    def prompt_tokens(bounds)
      tokens = bounds.prompt_tokens
      return (context_length unless image&.positive?) unless tokens

      context_length && context_length < tokens ? context_length : tokens
    end
  end
end
