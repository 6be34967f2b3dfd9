# frozen_string_literal: true

class LlmRouter
  module Budget
    # Money that is reserved for one attempt, as {Budget#reserve!} returns it. Frozen.
    #
    # @!attribute [r] attempt_id
    #   @return [String]
    # @!attribute [r] key
    #   @return [String]
    # @!attribute [r] usd
    #   @return [BigDecimal] US dollars
    Reservation = Struct.new(:attempt_id, :key, :usd, keyword_init: true) do
      # @api private
      def initialize(**)
        super
        freeze
      end
    end
  end
end
