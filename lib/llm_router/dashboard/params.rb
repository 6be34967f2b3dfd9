# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # The parameters of a request, which may be anything: each is one text of some length, or the request is refused.
    # @api private
    class Params
      # Characters.
      LIMIT = 200
      MAX_PAGE = 10_000
      MONTH = /\A2\d{3}-(?:0[1-9]|1[0-2])\z/
      private_constant :LIMIT, :MAX_PAGE, :MONTH

      # @param request [ActionDispatch::Request]
      def initialize(request)
        @given = Rack::Request.new(request.env)
      end

      # @return [String, nil] nil if it is missing or empty
      # @raise [Problem]
      def [](name)
        value = given[name.to_s]
        return if value.nil? || value == ""

        unless value.is_a?(String) && value.valid_encoding? && value.length <= LIMIT && !value.include?("\0")
          raise Problem.new(400, "The parameter “#{name}” is no text, or too long.")
        end

        value
      end

      # @return [Integer] from 1
      # @raise [Problem]
      def page
        number = Integer(self[:page] || "1", 10, exception: false)
        return number if number&.between?(1, MAX_PAGE)

        raise Problem.new(400, "There is no such page: give a number from 1 to #{MAX_PAGE}.")
      end

      # @return [String, nil] such as "2026-11"
      # @raise [Problem]
      def month
        month = self[:month]
        return month if month.nil? || month.match?(MONTH)

        raise Problem.new(400, "“#{month}” is no month: give one such as 2026-11.")
      end

      # @param allowed [Array<String>]
      # @return [String, nil]
      # @raise [Problem]
      def one_of(name, allowed)
        value = self[name]
        return value if value.nil? || allowed.include?(value)

        raise Problem.new(400, "“#{value}” is no #{name}: give one of #{allowed.join(', ')}.")
      end

      private

      def given
        @all ||= @given.post? ? @given.POST : @given.GET
      rescue StandardError
        # Rack raises one of many errors, by its version.
        raise Problem.new(400, "The parameters of this request cannot be read.")
      end
    end
  end
end
