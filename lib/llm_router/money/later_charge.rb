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

    # Makes a charge that was left, once.
    # @param budget [#charge!, Hash] a record, or its {BudgetAddress}
    # @param cost_usd [String] US dollars, a decimal
    # @param attempt [Hash] what {Attempt} holds, at least an id
    # @return [void]
    # @raise [BudgetNotFound]
    def make(budget, cost_usd, attempt)
      attempt = attempt.transform_keys(&:to_sym)
      attempt = Attempt.new(**attempt, cost_basis: attempt[:cost_basis]&.to_sym)
      BudgetAddress.find(budget) do |found|
        once(found, attempt) { Account.of(found).late(BigDecimal(cost_usd)) { attempt } }
      end
    rescue BudgetNotFound => e
      raise BudgetNotFound, "#{e.message}. #{cost_usd} USD were spent that no budget has been charged with"
    end

    # A row has a record of attempts.
    def once(budget, attempt, &)
      Budgets.new([budget]).rows.any? ? yield : ChargeOnce.run(budget, attempt.id, &)
    end
  end
end
