# frozen_string_literal: true

require "json"
require_relative "outcome"
require_relative "unstubbed_call"

class LlmRouter
  module Testing
    # A chain whose candidates are all called at the gateway. Replaces {Native::Chain}.
    #
    # @api private
    class Wire
      UNSTUBBED = "llm_router testing: nothing scripted for "

      # @param candidates [Array<Candidate>]
      # @param hedge [Array, nil] see {Chain#native_hedge}
      def initialize(candidates:, session:, hedge: nil)
        @candidates = candidates
        @hedge = hedge
        @session = session
      end

      # As {Native::Chain#walk}, and keeps its outcome.
      # @raise [UnstubbedCall]
      def walk(...)
        native = moved_to(@session.gateway)
        outcomes = @session.outcomes
        native.walk(...).tap { |response| keep(response, outcomes) }
      rescue Error => e
        keep(e, outcomes)
        raise
      end

      # As {Native::Chain#walk_all}, and keeps its outcomes.
      # @raise [UnstubbedCall]
      def walk_all(batch, ...)
        native = moved_to(@session.gateway)
        outcomes = @session.outcomes
        batch.watch { |result| keep(result, outcomes) }
        native.walk_all(batch, ...)
      end

      private

      def moved_to(gateway)
        rungs = @candidates.map do |candidate|
          model, _, *settings = candidate.to_native
          [model, candidate.endpoint.moved_to(gateway.base_url, gateway.api_key), *settings]
        end
        Native::Chain.new(rungs, @hedge)
      end

      def keep(result, outcomes)
        unstubbed = unstubbed(result)
        raise UnstubbedCall, unstubbed if unstubbed

        outcomes&.push(result.is_a?(Exception) ? Outcome.new(error: result, **paid_for(result)) : answer(result))
      end

      def answer(response)
        Outcome.new(response: response, requested: response.requested_model)
      end

      def paid_for(error)
        response = error.response if error.is_a?(ChargeFailed)
        response ? { response: response, requested: response.requested_model } : {}
      end

      # From the gateway's answer: the hop's message is masked where it repeats the prompt.
      def unstubbed(error)
        return unless error.is_a?(RequestRejected)

        message = JSON.parse(error.body).dig("error", "message")
        "#{message} (LlmRouter.testing is the gateway.)" if message.start_with?(UNSTUBBED)
      rescue StandardError
        # A scripted rejection may have any body.
        nil
      end
    end
  end
end
