# frozen_string_literal: true

class LlmRouter
  # What {Telemetry} knows of attempts that are paid for and may not reach the caller, since the call is interrupted.
  # A copy of it, for an attempt beside the one under way, leaves that to the first.
  # @api private
  module Unreturned
    # The cost of an attempt whose call is interrupted.
    def unreturned(candidate, usd, basis)
      return @beside.unreturned(candidate, usd, basis) if @beside

      (@unreturned ||= []) << [candidate.model, usd, basis] if usd
    end

    protected

    # An interrupt may also come when an answer is settled, and keep it from being returned.
    # @param answer [Response, nil]
    def paid(answer)
      @beside ? @beside.paid(answer) : @answer = answer
    end

    private

    def initialize_copy(first)
      super
      @beside = first
      @attempt = nil
    end

    # @return [Array<Array>] model, cost and basis of each
    def costs_unreturned
      answer = [@answer.requested_model, @answer.cost_usd, @answer.cost_basis] if @answer&.cost_usd
      [*@unreturned, answer].compact
    end
  end
end
