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

      prompt_tokens = [prompt_tokens, price.context_length].compact.min
      return new(otherwise, "config.reserve_usd, as the prompt refers to media") unless prompt_tokens

      usd = (prompt_tokens * price.prompt) + (completion_tokens * price.completion) + price.request
      # No budget holds more, and every database can hold as much.
      new([usd, BigDecimal(10**14)].min, nil)
    end

    # @return [String]
    def to_s
      "#{usd.to_s('F')} USD#{" (#{basis})" if basis}"
    end
  end
end
