# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether each model takes the params that its chain gives it. OpenRouter drops the others without a word.
    # @api private
    class SupportedParameters < RungCheck
      SYNONYMS = { "max_completion_tokens" => "max_tokens", "max_tokens" => "max_completion_tokens",
                   "reasoning_effort" => "reasoning" }.freeze
      private_constant :SYNONYMS

      private

      def rung(rung)
        return unless (listing = listing(rung))

        supported = listing.supported_parameters
        return unknown("#{rung.model}: OpenRouter lists no supported_parameters") unless supported

        names = rung.params.compact.keys.map(&:to_s)
        known = vocabulary(rung.endpoint)
        return unknown("#{rung.model}: #{@why}", EndpointCheck::ADVICE) unless known || names.empty?

        lost = (names & known.to_a) - supported
        lost.reject! { |name| supported.include?(SYNONYMS[name]) }
        return green("#{rung.model} takes the params of its chain") if lost.empty?

        said = "#{rung.model} does not take #{lost.join(', ')}"
        return red(said, "No provider is left with require_parameters: remove them") if required?(rung)

        yellow("#{said}, so OpenRouter drops #{lost.one? ? 'it' : 'them'}",
               "Remove from its params, or change the model")
      end

      # Those that depend on the model: no model lists others, such as provider or user.
      # @return [Array<String>, nil] nil without a list
      def vocabulary(endpoint)
        @vocabulary ||= models(endpoint)&.grep(Hash)&.flat_map { |model| Array(model["supported_parameters"]) }
                                        &.union(SYNONYMS.keys)
      end

      def required?(rung)
        [:require_parameters, "require_parameters"].any? { |name| routing(rung)[name] == true }
      end
    end
  end
end
