# frozen_string_literal: true

class LlmRouter
  module Testing
    # Matches patterns and formats messages for the expectations. Never raises, whatever its arguments.
    #
    # @api private
    module Wording
      NUMBERS = { 1 => "once", 2 => "twice" }.freeze

      module_function

      # @param pattern [String, Regexp, #===] a String may have `*` globs
      def model?(pattern, model)
        suits?(pattern, model.to_s) { |glob, name| glob == name || File.fnmatch?(glob, name, File::FNM_DOTMATCH) }
      end

      # @param pattern [String, Regexp, #===] a String matches as a part of the text
      def text?(pattern, text)
        suits?(pattern, text.to_s) { |part, whole| whole.include?(part) }
      end

      # @param expected [Object] a Hash has to be in the actual one, by keys that are Symbols or Strings; anything else
      #   has to be equal, or a pattern of it
      def holds?(expected, actual)
        return within?(expected, actual) if expected.is_a?(Hash) && actual.is_a?(Hash)
        return alike?(expected, actual) if expected.is_a?(Array) && actual.is_a?(Array)

        expected = expected.name if expected.is_a?(Symbol)
        expected == actual || expected === actual # rubocop:disable Style/CaseEquality
      end

      def within?(expected, actual)
        expected.all? { |key, value| actual.key?(key.to_s) && holds?(value, actual[key.to_s]) }
      end
      private_class_method :within?

      def alike?(expected, actual)
        expected.size == actual.size && expected.zip(actual).all? { |one, other| holds?(one, other) }
      end
      private_class_method :alike?

      # @return [String] such as +max_tokens: 200+
      def parameters(given)
        given.map { |name, value| "#{name}: #{pattern(value)}" }.join(", ")
      end

      def pattern(given)
        given.respond_to?(:description) ? given.description : given.inspect
      end

      def times(count)
        NUMBERS.fetch(count) { "#{count} times" }
      end

      # @return [String] the text of a message, whose content may have parts
      def text(message)
        content = field(message, "content")
        parts = content.is_a?(Array) ? content.map { |part| field(part, "text") } : [content]
        parts.compact.join("\n")
      end

      def field(given, name)
        given.is_a?(Hash) ? given[name] : given
      end
      private_class_method :field

      def suits?(pattern, text)
        text = text.scrub
        pattern.is_a?(String) ? yield(pattern, text) : pattern === text # rubocop:disable Style/CaseEquality
      rescue ArgumentError, EncodingError
        false
      end
      private_class_method :suits?
    end
  end
end
