# frozen_string_literal: true

require "date"

class LlmRouter
  module Doctor
    # Reads amounts and dates of an endpoint's JSON. What cannot be read, or is no sane value, is nil.
    # @api private
    module Lenient
      # Digits before the point, and after it.
      DIGITS = -20..12
      MAX_LENGTH = 64
      YEAR = /(?<!\d)\d{4}(?!\d)|\A\d{8}\z/
      private_constant :DIGITS, :MAX_LENGTH, :YEAR

      module_function

      # @param value [Object] a number, or one as text
      # @return [BigDecimal, nil]
      def amount(value)
        return unless [Numeric, String].any? { |kind| value.is_a?(kind) } && value.to_s.size <= MAX_LENGTH

        number = BigDecimal(value.to_s)
        number if number.zero? || (number.finite? && DIGITS.cover?(number.exponent))
      rescue ArgumentError, FloatDomainError
        nil
      end

      # @param text [Object] a date, which counts to its end, or a time; in UTC unless it names its zone
      # @return [Time, nil]
      def time(text)
        return unless text.is_a?(String) && text.size <= MAX_LENGTH && text.match?(YEAR)

        at = DateTime.parse(text).to_time.utc
        text.include?(":") ? at : at + 86_399
      rescue ArgumentError, RangeError
        nil
      end
    end
  end
end
