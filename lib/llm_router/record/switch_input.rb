# frozen_string_literal: true

require "socket"

class LlmRouter
  module CallRecord
    # What {LlmRouter.switch_off} is given, checked.
    # @api private
    class SwitchInput
      # Characters, as the columns have.
      MAX_LENGTH = 191
      MAX_SECONDS = 366 * 86_400
      UNITS = { "" => 1, "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400 }.freeze
      private_constant :MAX_LENGTH, :MAX_SECONDS, :UNITS

      class << self
        # @return [String]
        # @raise [ArgumentError]
        def pattern(given)
          text = text(given)
          return text if text&.match?(/\A[^[:space:]?\[\]{}\\]+\z/)

          raise ArgumentError, "#{given.inspect[0, 200]} is no pattern: give a model, such as " \
                               "\"anthropic/claude-sonnet-4.5\", or many of them with *, such as \"anthropic/*\""
        end

        # @return [String]
        # @raise [ArgumentError]
        def by(given)
          given = given.nil? ? somebody : line("by", given)
          given.empty? ? raise(ArgumentError, "by is empty: say who does it, such as \"on-call\"") : given
        end

        # @return [String] without spaces at its ends
        # @raise [ArgumentError]
        def line(name, given)
          text = text(given.is_a?(Symbol) ? given.name : given)
          return text.gsub(/\A[[:space:]]+|[[:space:]]+\z/, "").freeze if text

          raise ArgumentError, "#{name} is #{given.inspect[0, 200]}: give a String on one line, of #{MAX_LENGTH} " \
                               "characters at most"
        end

        # @param text [String] for rake: "2h", "90m", "1d", or seconds
        # @return [Numeric]
        # @raise [ArgumentError]
        def seconds(text)
          number, unit = text.to_s.strip.match(/\A(\d+(?:\.\d+)?)([smhd]?)\z/)&.captures
          return Float(number) * UNITS.fetch(unit) if number

          raise ArgumentError, "#{text.inspect} is no time: give seconds, or such as 90m, 2h or 1d"
        end

        private

        # @return [String, nil] in UTF-8, if it fits a column
        def text(given)
          return unless given.is_a?(String) && Setting.one_line?(given)

          text = given.encode(Encoding::UTF_8)
          text.freeze if text.length <= MAX_LENGTH
        end

        # Whoever is at this console.
        def somebody
          [ENV.fetch("USER", "somebody"), Socket.gethostname].join("@").scrub.gsub(Setting::CONTROL, "")[0, MAX_LENGTH]
        end
      end

      # @return [String]
      attr_reader :pattern, :by, :reason
      # @return [Float]
      attr_reader :seconds

      # @raise [ArgumentError]
      def initialize(pattern, seconds, by, reason)
        @pattern = self.class.pattern(pattern)
        @seconds = checked_seconds(seconds)
        @by = self.class.by(by)
        @reason = self.class.line("reason", reason || "")
      end

      private

      def checked_seconds(given)
        seconds = given.is_a?(Numeric) && given.real? ? given.to_f : Float::NAN
        return seconds if seconds.positive? && seconds <= MAX_SECONDS

        raise ArgumentError, "for is #{given.inspect[0, 200]}: give seconds, a number above 0 and up to " \
                             "#{MAX_SECONDS} (366 days), such as 2.hours"
      end
    end
  end
end
