# frozen_string_literal: true

require "json"
require_relative "outcome"
require_relative "unstubbed_call"

class LlmRouter
  module Testing
    # A chain whose every candidate is asked for at the gateway. Stands in for {Native::Chain}.
    #
    # @api private
    class Wire
      UNSTUBBED = "llm_router testing: nothing scripted for "

      # @param candidates [Array<Candidate>]
      def initialize(candidates:, session:)
        @candidates = candidates
        @session = session
      end

      # As {Native::Chain#walk}, with what became of it kept.
      # @raise [UnstubbedCall]
      def walk(...)
        native = moved_to(@session.gateway)
        outcomes = @session.outcomes
        response = native.walk(...)
        outcomes << Outcome.new(response: response, asked: response.requested_model)
        response
      rescue Error => e
        unstubbed = unstubbed(e)
        raise UnstubbedCall, unstubbed if unstubbed

        outcomes&.push(Outcome.new(error: e, **paid_for(e)))
        raise
      end

      private

      def moved_to(gateway)
        Native::Chain.new(@candidates.map do |candidate|
          model, _, *settings = candidate.to_native
          [model, candidate.endpoint.moved_to(gateway.base_url, gateway.api_key), *settings]
        end)
      end

      def paid_for(error)
        response = error.response if error.is_a?(ChargeFailed)
        response ? { response: response, asked: response.requested_model } : {}
      end

      # The gateway's own words: those of the hop may be masked where they are also the prompt's.
      def unstubbed(error)
        return unless error.is_a?(RequestRejected)

        message = JSON.parse(error.body).dig("error", "message")
        "#{message} (LlmRouter.testing is the gateway.)" if message.start_with?(UNSTUBBED)
      rescue StandardError
        # It was scripted to be rejected, with a body of any kind.
        nil
      end
    end
  end
end
