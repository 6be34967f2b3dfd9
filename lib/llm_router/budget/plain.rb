# frozen_string_literal: true

class LlmRouter
  module Budget
    # Several rows of one database whose tables have no reservations: looked at, and charged together.
    # @api private
    class Plain
      # @return [Array<Budget>]
      attr_reader :members

      # @param members [Array<Budget>]
      def initialize(members)
        @members = members
      end

      # @return [Boolean]
      def exhausted?
        members.any?(&:exhausted?)
      end

      # @param cost_usd [BigDecimal] US dollars
      # @return [void]
      def charge!(cost_usd)
        Charge.new(members, cost_usd).make
      end
    end
  end
end
