# frozen_string_literal: true

class LlmRouter
  # The most that an attempt can cost. There is no silent zero: where a price or a limit is not known,
  # it is +config.reserve_usd+.
  # @api private
  WorstCase = Struct.new(:usd, :basis) do
    # @param price [Price, nil]
    # @param prompt_tokens [Integer, nil] more than the prompt can have; nil where its text does not tell
    # @param completion_tokens [Integer, nil] as many as the answer may have
    # @param otherwise [BigDecimal] US dollars
    # @return [WorstCase]
    def self.of(price, prompt_tokens, completion_tokens, otherwise:)
      return new(otherwise, "config.reserve_usd, for want of a price") unless price
      return new(otherwise, "config.reserve_usd, for want of max_tokens") unless completion_tokens

      usd = price.of(prompt_tokens, completion_tokens)
      usd ? new(usd, nil) : new(otherwise, "config.reserve_usd, as the prompt refers to media")
    end

    # @return [String]
    def to_s
      "#{usd.to_s('F')} USD#{" (#{basis})" if basis}"
    end
  end
end
