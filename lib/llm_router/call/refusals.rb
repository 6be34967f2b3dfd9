# frozen_string_literal: true

class LlmRouter
  # How a call lets its caller judge an answer that is settled. An interrupt that comes meanwhile ends the call: the
  # answer is paid for, and {Telemetry} knows it.
  # @api private
  module Refusals
    # @param response [Response]
    # @return [String, nil] why it is refused
    def refusal(response)
      @acceptance&.refusal(response)
    end

    # Records the answer that was refused last.
    # @param upcoming [String, nil] the next model
    # @param attributes [Hash] of the {Hop}
    def refused(upcoming, attributes)
      uninterrupted do
        response = @unaccepted
        @refused << response
        paid = { cost_usd: response.cost_usd, cost_basis: response.cost_basis, generation_id: response.generation_id }
        hop = Hop.new(**attributes.except(:uncertain, :tokens), **paid)
        @hops << hop
        @telemetry.hopped(hop, upcoming)
      end
    end

    private

    # @param acceptance [Acceptance, nil]
    def judge_with(acceptance)
      return unless acceptance

      @acceptance = acceptance
      # Answers that are paid for: those that were refused, and the last one.
      @refused = []
      @unaccepted = nil
    end

    # What every error of the call carries.
    def so_far
      { hops: hops, responses: responses }
    end

    def responses
      @refused.to_a.dup.freeze
    end
  end
end
