# frozen_string_literal: true

class LlmRouter
  # What an attempt is charged, and how that is known.
  # @api private
  Bill = Struct.new(:usd, :basis) do
    # @param text [String] the decimal that the endpoint sent
    # @return [Bill]
    def self.sent(text)
      new(BigDecimal(text), :billed)
    end

    # @param usage [Usage]
    # @param least [Integer] tokens that the completion has in any case
    # @yieldreturn [Price, nil] asked for only where the tokens are known
    # @return [Bill, nil] nil where tokens or price are not known
    def self.computed(usage, least)
      tokens = tokens(usage, least)
      usd = tokens && yield&.cost(*tokens)
      new(usd, :computed) if usd
    end

    # @return [Array(Integer, Integer), nil] of the prompt and of the completion
    def self.tokens(usage, least)
      prompt, completion = completed(*usage.to_a)
      [prompt, completion] if prompt && completion && completion >= least
    end

    # Some gateways count what a model thinks in the total alone.
    def self.completed(prompt, completion, total)
      return [prompt, completion] unless total

      prompt ||= total - completion if completion && completion <= total
      [prompt, [completion, prompt && (total - prompt)].compact.max]
    end
    private_class_method :tokens, :completed
  end

  # Nobody knows.
  Bill::NONE = Bill.new(nil, nil).freeze
end
