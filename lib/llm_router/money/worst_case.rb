# frozen_string_literal: true

class LlmRouter
  # The most that an attempt can cost: +config.reserve_usd+ if a price or a limit is unknown, never a silent zero.
  #
  # @!attribute [r] usd
  #   @return [BigDecimal] US dollars
  # @!attribute [r] basis
  #   @return [String, nil] why it is +config.reserve_usd+; nil where it is not
  # @!attribute [r] price
  #   @return [Price, nil] that it comes from; nil where it is +config.reserve_usd+
  # @api private
  WorstCase = Struct.new(:usd, :basis, :price) do
    # @param price [Price, nil]
    # @param bounds [Bounds]
    # @param otherwise [BigDecimal] US dollars
    # @return [WorstCase]
    def self.of(price, bounds, otherwise:)
      doubt = doubt(price, bounds)
      usd = price.of(bounds) unless doubt
      return new(usd, nil, price) if usd

      new(otherwise, "config.reserve_usd, #{doubt || 'as the prompt refers to media'}", nil)
    end

    def self.doubt(price, bounds)
      if bounds.extras then "as plugins, searches and images have prices of their own"
      elsif !price then "without a price"
      elsif !price.completion_tokens(bounds) then "without max_tokens"
      end
    end
    private_class_method :doubt

    # @return [Boolean] whether a price or a limit is missing
    def guessed?
      basis.to_s.include?("without")
    end

    # @return [String]
    def to_s
      "#{usd.to_s('F')} USD#{" (#{basis})" if basis}"
    end
  end
end
