# frozen_string_literal: true

class LlmRouter
  module Doctor
    # How many tokens each model takes and gives.
    # @api private
    class Window < RungCheck
      private

      def rung(rung)
        return unless (listing = listing(rung))

        window = rung.context || listing.context_length
        return unknown("#{rung.model}: OpenRouter lists no window") unless window

        asked = max_tokens(rung)
        most = listing.max_completion_tokens || window
        return too_many(rung, asked, most) if asked && asked > most

        first = first_window(rung)
        return green("#{rung.model} takes #{window} tokens") unless first && window < first

        yellow("#{rung.model} takes #{window} tokens, the first of its chain #{first}",
               "A prompt that only the first can take has no fallback: put a model with a larger window behind it")
      end

      def max_tokens(rung)
        rung.params.filter_map do |name, value|
          value if %w[max_tokens max_completion_tokens].include?(name.to_s) && value.is_a?(Integer)
        end.max
      end

      def too_many(rung, asked, most)
        red("#{rung.model} gives #{most} tokens at most, and its params ask for #{asked}", "Lower max_tokens")
      end

      # Of the chain whose later rung this is.
      def first_window(rung)
        chain = chains.find { |known| known.candidates.any? { |candidate| candidate.equal?(rung) } }
        first = chain&.candidates&.first
        first&.context || (listing(first, quiet: true)&.context_length if first && openrouter?(first))
      end
    end
  end
end
