# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Whether anything is wrong now, in a sentence.
    # @api private
    class Condition
      # Models that a sentence names.
      MAX_NAMES = 3
      # The page is in English, whatever the app's locale.
      ENGLISH = { words_connector: ", ", two_words_connector: " and ", last_word_connector: ", and " }.freeze
      private_constant :MAX_NAMES, :ENGLISH

      # @param traffic [Traffic]
      # @param states [Array<Models::State>]
      def initialize(traffic, states)
        @hour = traffic.total(:hour)
        @states = states
      end

      # @return [String] bad, warning, good or none
      def level
        return "bad" if @hour.errors.positive?
        return "warning" if troubles.any?

        @hour.calls.zero? ? "none" : "good"
      end

      # @return [String]
      def sentence
        return "#{calls_without_answer}#{", while #{troubles.join('; ')}" if troubles.any?}." if @hour.errors.positive?
        return "#{troubles.join('; ')}. #{every_call}" if troubles.any?

        @hour.calls.zero? ? "All quiet: no calls in the last hour." : "All is well. #{every_call}"
      end

      private

      def calls_without_answer
        "#{counted(@hour.errors, 'call')} of #{@hour.calls} got no answer in the last hour"
      end

      def every_call
        return "There were no calls in the last hour." if @hour.calls.zero?

        fallbacks = ", #{@hour.fallbacks} of them by a fallback" if @hour.fallbacks.positive?
        "#{counted(@hour.calls, 'call')} in the last hour, all answered#{fallbacks}."
      end

      def counted(number, noun)
        "#{number} #{noun}#{'s' unless number == 1}"
      end

      def troubles
        @troubles ||= { "off" => "switched off", "cooling" => "cooling down", "failing" => "failing" }
                      .filter_map { |word, said| trouble(word, said) }
      end

      def trouble(word, said)
        models = @states.select { |state| state.word == word }.map(&:model).uniq
        return if models.empty?

        names = models.first(MAX_NAMES)
        names << "#{models.size - MAX_NAMES} more" if models.size > MAX_NAMES
        "#{names.to_sentence(ENGLISH)} #{models.one? ? 'is' : 'are'} #{said}"
      end
    end
  end
end
