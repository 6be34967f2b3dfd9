# frozen_string_literal: true

class LlmRouter
  module Doctor
    # A check of each model that a chain calls at OpenRouter, as that lists it.
    # @api private
    class RungCheck < Check
      private

      def examine
        look_up
        elsewhere = rungs.reject { |rung| openrouter?(rung) }
        rungs.select { |rung| openrouter?(rung) }.uniq { |rung| [rung.model, rung.params] }.each { |rung| rung(rung) }
        elsewhere.uniq { |rung| [rung.model, rung.endpoint.name] }.each { |rung| other(rung) }
      end

      # Starts all look-ups: one after the other they would take too long.
      def look_up
        rungs.select { |rung| openrouter?(rung) }.each do |rung|
          paths = [["models"], endpoints(Listing.name_of(rung.model))].compact
          paths.each { |path| lookups.start(rung.endpoint, path) }
        end
      end

      # @return [Array<Candidate>]
      def rungs
        @rungs ||= chains.flat_map(&:candidates)
      end

      def chains
        config.chains
      end

      def openrouter?(rung)
        rung.endpoint.name == :openrouter
      end

      # A rung's listing. Says that it is not known, or leaves it to {Rungs} that there is none.
      # @return [Listing, nil]
      def listing(rung, quiet: false)
        models = models(rung.endpoint)
        name = Listing.name_of(rung.model)
        entry = models&.find { |model| model.is_a?(Hash) && model["id"] == name }
        providers = providers(rung.endpoint, name)
        return Listing.new(entry || providers.first.to_h, providers) if entry || providers&.any?

        unknown("#{rung.model}: #{@why}", EndpointCheck::ADVICE) unless models || quiet
        nil
      end

      # @return [Array, nil]
      def models(endpoint)
        answer = lookups[endpoint, "models"]
        return answer.data if answer.data.is_a?(Array)

        @why = answer.why
        nil
      end

      # @return [Array<Hash>, nil]
      def providers(endpoint, name)
        path = endpoints(name)
        data = lookups[endpoint, *path].data if path
        list = data["endpoints"] if data.is_a?(Hash)
        list.grep(Hash) if list.is_a?(Array)
      end

      # @return [Array<String>, nil]
      def endpoints(name)
        ["models", *name.split("/", 2), "endpoints"] if name.include?("/")
      end

      # @return [Hash] which providers its params allow
      def routing(rung)
        given = rung.params[:provider] || rung.params["provider"]
        given.is_a?(Hash) ? given : {}
      end

      # {Rungs} says that nothing is known of them.
      def other(_rung); end
    end
  end
end
