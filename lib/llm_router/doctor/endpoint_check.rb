# frozen_string_literal: true

class LlmRouter
  module Doctor
    # A check of each endpoint that a chain uses.
    # @api private
    class EndpointCheck < Check
      ADVICE = "config.base_url must lead to OpenRouter's API, and the network there"

      private

      def examine
        endpoints = rungs.map(&:endpoint).uniq
        yellow("no chain is configured", "Name one with config.chain") if endpoints.empty?
        endpoints.each { |endpoint| endpoint.name == :openrouter ? openrouter(endpoint) : other(endpoint) }
      end

      # @return [Array<Candidate>]
      def rungs
        config.chains.flat_map(&:candidates)
      end

      # Only OpenRouter has such look-ups.
      def other(endpoint)
        green("#{endpoint.name} has no such look-up, so that is not known", known: false)
      end
    end
  end
end
