# frozen_string_literal: true

class LlmRouter
  # Makes a charge that a queue delivered, once: for {ChargeJob} and {SidekiqWorker::ChargeWorker}.
  # @api private
  module QueuedCharge
    module_function

    # @param budget [#charge!, Hash] a record, or its {BudgetAddress}
    # @param cost_usd [String] US dollars, a decimal
    # @param attempt [Hash] what {Attempt} holds, at least an id
    # @return [void]
    # @raise [BudgetNotFound]
    def make(budget, cost_usd, attempt)
      attempt = attempt.transform_keys(&:to_sym)
      attempt = Attempt.new(**attempt, cost_basis: attempt[:cost_basis]&.to_sym)
      BudgetAddress.find(budget) do |found|
        once(found, attempt) { Account.of(found).charge(BigDecimal(cost_usd)) { attempt } }
      end
    rescue BudgetNotFound => e
      raise BudgetNotFound, "#{e.message}. #{cost_usd} USD were spent and are charged to no budget"
    end

    # A row has a record of attempts.
    def once(budget, attempt, &)
      BudgetAddress.row?(budget) ? yield : ChargeOnce.run(budget, attempt.id, &)
    end
  end
end
