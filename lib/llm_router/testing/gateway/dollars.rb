# frozen_string_literal: true

require "bigdecimal"

class LlmRouter
  module Testing
    class Gateway
      # An amount of US dollars that keeps the digits it was written with, in JSON too.
      #
      # @api private
      class Dollars
        NUMBER = /\A-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?\z/

        # @param amount [String, BigDecimal, Integer, nil]
        # @return [Dollars, nil] nil for nil
        # @raise [ArgumentError] for a Float, or what JSON would not take for a number
        def self.of(amount)
          new(amount) unless amount.nil?
        end

        def initialize(amount)
          @digits = amount.is_a?(BigDecimal) ? amount.to_s("F") : amount.to_s
          return if [String, BigDecimal, Integer].any? { |kind| amount.is_a?(kind) } && @digits.match?(NUMBER)

          raise ArgumentError, "a cost is a decimal String such as \"0.0021\" (or a BigDecimal or Integer), " \
                               "so that it is exact; not #{amount.inspect}"
        end

        # @return [BigDecimal]
        def to_d
          BigDecimal(@digits)
        end

        # @return [String] the digits, as a JSON number
        def to_json(*)
          @digits
        end
      end
    end
  end
end
