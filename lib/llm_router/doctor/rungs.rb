# frozen_string_literal: true

require "did_you_mean"

class LlmRouter
  module Doctor
    # Whether each model exists.
    # @api private
    class Rungs < RungCheck
      private

      def rung(rung)
        name = Listing.name_of(rung.model)
        providers = providers(rung.endpoint, name)
        return green("#{rung.model} exists#{by(providers)}") if providers&.any?

        models = models(rung.endpoint)
        return unknown("#{rung.model}: #{@why}", EndpointCheck::ADVICE) unless models

        names = models.grep(Hash).filter_map { |model| model["id"] if model["id"].is_a?(String) }
        names.include?(name) ? listed(rung, providers) : absent(rung, DidYouMean::SpellChecker.new(dictionary: names))
      end

      def listed(rung, providers)
        return green("#{rung.model} exists") unless providers

        red("#{rung.model} is listed, but no provider serves it", "Change the chain")
      end

      def absent(rung, speller)
        close = speller.correct(Listing.name_of(rung.model)).first
        red("#{rung.model} is not at OpenRouter", "#{"Did you mean #{close}? " if close}Change the chain")
      end

      def other(rung)
        green("#{rung.model} at #{rung.endpoint.name} is not known, nor its window, its params and its expiry: only " \
              "OpenRouter has such look-ups", known: false)
      end

      def by(providers)
        ", at #{providers.size} provider#{'s' unless providers.one?}"
      end
    end
  end
end
