# frozen_string_literal: true

class LlmRouter
  module Database
    # US dollars in a +decimal(50, 30)+ column, exact on every database. SQLite would make a Float of
    # a decimal, so there it is text: "00000000000000000000.000127499999999999980000000000 USD". The unit at its end is
    # what keeps SQLite from taking it for a number; the zeros at its beginning make its order that of the numbers.
    # @api private
    class Usd < ActiveModel::Type::Value
      # Decimals that the column holds.
      SCALE = 30
      WHOLE = 20
      UNIT = " USD"
      private_constant :WHOLE, :UNIT

      # @param model [Class]
      # @return [Boolean] whether its database holds money as text
      def self.text?(model)
        Database.sqlite?(model.connection_pool)
      end

      # @param amount [BigDecimal, Integer, String]
      # @param name [String] what an error calls it
      # @return [BigDecimal] rounded up where the column would not hold it
      # @raise [ArgumentError]
      def self.exact(amount, name)
        usd = parse(amount, name)
        return usd.round(SCALE, BigDecimal::ROUND_UP) if usd.finite? && usd.between?(0, Setting::MAX_USD)

        raise ArgumentError, "#{name} is #{amount}: give US dollars, from 0 to #{Setting::MAX_USD.to_i}"
      end

      # @return [BigDecimal]
      def self.parse(amount, name)
        case amount
        when BigDecimal then amount
        when Integer, String then BigDecimal(amount)
        else
          raise ArgumentError, "#{name} is a #{amount.class} (#{amount.inspect}), and only exact money is taken: " \
                               "give US dollars as a BigDecimal, an Integer, or a String such as \"0.25\""
        end
      rescue ArgumentError => e
        raise unless e.message.start_with?("invalid value")

        raise ArgumentError, "#{name} is #{amount.inspect}: give US dollars, such as \"0.25\""
      end
      private_class_method :parse

      # @return [String] as SQLite holds it
      def self.text(usd)
        sign = "-" if usd.negative?
        format("%s%0#{WHOLE}d.%0#{SCALE}d#{UNIT}", sign, usd.abs.to_i, (usd.abs.frac * (10**SCALE)).to_i)
      end

      # @param model [Class] whose database decides how money is held
      def initialize(model)
        @model = model
        super()
      end

      # @return [Symbol]
      def type
        :decimal
      end

      # @return [BigDecimal, nil] from what the app assigned; what is no amount is nil, and a validation says so
      def cast(value)
        exact(value)
      rescue ArgumentError
        nil
      end

      # @return [BigDecimal, nil] from what the database holds, which may be a number put there by hand
      def deserialize(value)
        value.nil? ? nil : BigDecimal(value.to_s.delete_suffix(UNIT))
      end

      # What the ledger has computed may be negative, such as a correction.
      # @return [BigDecimal, String, nil] for the database
      def serialize(value)
        usd = value.is_a?(BigDecimal) ? value : exact(value)
        usd && self.class.text?(@model) ? self.class.text(usd) : usd
      end

      private

      def exact(value)
        value = nil if value == ""
        value.nil? ? nil : self.class.exact(value, "the amount")
      end
    end
  end
end
