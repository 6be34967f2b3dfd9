# frozen_string_literal: true

class LlmRouter
  # What a model costs, as OpenRouter's +/models+ puts it. Frozen.
  #
  # @!attribute [r] prompt
  #   @return [BigDecimal] US dollars per token that is sent
  # @!attribute [r] completion
  #   @return [BigDecimal] US dollars per token that is answered
  # @!attribute [r] request
  #   @return [BigDecimal] US dollars per request on top
  # @!attribute [r] context_length
  #   @return [Integer, nil] tokens that the model can take in at most
  Price = Struct.new(:prompt, :completion, :request, :context_length, keyword_init: true) do
    # @param place [String] what an error calls it
    # @param given [Hash] +prompt:+, +completion:+ and optionally +request:+
    # @return [Price]
    # @raise [ConfigurationError]
    # @api private
    def self.of(place, given)
      given = given.is_a?(Hash) ? given.transform_keys { |key| key.to_s.to_sym } : {}
      unless %i[prompt completion].all? { |key| given.key?(key) } && (given.keys - %i[prompt completion request]).empty?
        raise ConfigurationError, "#{place} needs prompt: and completion:, US dollars per token, such as " \
                                  "{ prompt: \"0.000003\", completion: \"0.000015\" }, and takes request: besides"
      end
      new(**{ request: 0, **given }.to_h { |key, usd| [key, Setting.usd("#{place} #{key}", usd)] })
    end

    # @api private
    def initialize(**)
      super
      freeze
    end
  end

  # What that comes to.
  class Price
    # @param prompt_tokens [Integer, nil] nil where that is not known
    # @param completion_tokens [Integer]
    # @return [BigDecimal, nil] US dollars at most; nil where the prompt may have any number of tokens
    # @api private
    def of(prompt_tokens, completion_tokens)
      prompt_tokens = context_length if context_length && !(prompt_tokens && prompt_tokens < context_length)
      return unless prompt_tokens

      usd = (prompt * prompt_tokens) + (completion * completion_tokens) + request
      [usd, Setting::MAX_USD].min
    end
  end
end
