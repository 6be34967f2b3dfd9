# frozen_string_literal: true

class LlmRouter
  # The amount that an attempt is charged, and its source: see {Response#cost_basis}.
  # @api private
  Bill = Struct.new(:usd, :basis) do
    # @param text [String] the decimal that the endpoint sent
    # @return [Bill]
    def self.sent(text)
      new(BigDecimal(text), :billed)
    end

    # @param usage [Usage]
    # @param least [Integer] the fewest tokens that a completion can have
    # @yieldreturn [Price, nil] called only if the tokens are known
    # @return [Bill, nil] nil if tokens or price are unknown
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

    # Some gateways count thinking in the total only.
    def self.completed(prompt, completion, total)
      return [prompt, completion] unless total

      prompt ||= total - completion if completion && completion <= total
      [prompt, [completion, prompt && (total - prompt)].compact.max]
    end
    private_class_method :tokens, :completed
  end

  # An earlier run of the job has paid.
  Bill::REMEMBERED = Bill.new(BigDecimal(0), :remembered).freeze
  # The cost is unknown.
  Bill::NONE = Bill.new(nil, nil).freeze
end
