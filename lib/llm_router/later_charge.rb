# frozen_string_literal: true

class LlmRouter
  # Where a charge that failed can be left to be made later, so that the answer it paid for is not
  # lost. {Job} sets this up around +perform+.
  # @api private
  module LaterCharge
    HANDLER = :llm_router_later_charge
    private_constant :HANDLER

    module_function

    # @yield with failed charges left to the handler
    def with(handler, &)
      FiberLocal.set(HANDLER, handler, &)
    end

    # @return [Boolean] whether somebody has taken on the charge
    def taken?(budget, cost_usd, attempt)
      handler = Thread.current[HANDLER]
      handler ? handler.call(budget, cost_usd, attempt) : false
    end
  end
end
