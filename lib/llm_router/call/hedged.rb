# frozen_string_literal: true

class LlmRouter
  # What {Call} does where its chain hedges: see ext/llm_router/src/walk/pair.rs. The second attempt is made by a copy
  # of the call, with money, an event and an outcome of its own; hops and labels are those of the call.
  # @api private
  module Hedged
    # @return [Call] for the second attempt
    def hedge
      @hedge = dup.extend(Hedge)
    end

    # @param response [Response]
    # @param second [Boolean] whether it is of the second attempt
    # @return [Response] with the hop of the attempt that was dropped
    def hedged(response, second)
      response.with_hops(hops, fallback: second || response.fallback?)
    end

    private

    def initialize_copy(_)
      super
      @telemetry = @telemetry.dup
      @spending = @spending.beside(@telemetry)
    end
  end
end
