# frozen_string_literal: true

class LlmRouter
  # Where a charge that failed can be left to be made later, so that its answer is not lost. {Job} and {SidekiqWorker}
  # set this up around +perform+.
  # @api private
  module DeferredCharge
    HANDLER = :llm_router_deferred_charge
    private_constant :HANDLER

    module_function

    # @param handler [#call] given the budget, the cost and the {Attempt}; returns whether it takes on the charge
    # @yield with failed charges left to the handler
    def with(handler, &)
      FiberLocal.set(HANDLER, handler, &)
    end

    # @return [Boolean] whether a handler has taken on the charge
    def accepted?(budget, cost_usd, attempt)
      handler = Thread.current[HANDLER]
      handler ? handler.call(budget, cost_usd, attempt) : false
    end
  end
end
