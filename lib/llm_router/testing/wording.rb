# frozen_string_literal: true

class LlmRouter
  module Testing
    # What the expectations make of patterns and counts, and how they put it. Nothing here raises, whatever it is given.
    #
    # @api private
    module Wording
      NUMBERS = { 1 => "once", 2 => "twice" }.freeze

      module_function

      # @param pattern [String, Regexp, #===] a String may have `*` globs
      def model?(pattern, model)
        suits?(pattern, model.to_s) { |glob, name| glob == name || File.fnmatch?(glob, name, File::FNM_DOTMATCH) }
      end

      # @param pattern [String, Regexp, #===] a String is looked for as it is
      def text?(pattern, text)
        suits?(pattern, text.to_s) { |part, whole| whole.include?(part) }
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
