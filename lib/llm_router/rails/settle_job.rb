# frozen_string_literal: true

class LlmRouter
  # Settles a reservation whose attempt may have been billed: looks the cost of the generation up at its endpoint. Calls
  # no model.
  class SettleJob < BudgetJobParent
    include BudgetJob

    # OpenRouter knows a generation some seconds after its end. If it does not within about a day, the lease has
    # expired, as +config.on_uncertain+ says.
    ATTEMPTS = 12
    # Seconds.
    LOOKUP_TIMEOUT = 10.0
    FIRST_WAIT = 10.0
    private_constant :ATTEMPTS, :LOOKUP_TIMEOUT, :FIRST_WAIT

    retries attempts: ATTEMPTS, wait: ->(executions) { (executions**4) + 10 }

    # Enqueues a job for each row with the reservation. Only OpenRouter has such look-ups.
    # @param budget [Object]
    # @param attempt [Attempt]
    # @return [void]
    # @api private
    def self.enqueue_for(budget, attempt)
      return unless attempt.endpoint == "openrouter"

      known = attempt.to_h.transform_keys(&:to_s)
      Budgets.new([budget]).budgets.select { |member| BudgetAddress.row?(member) }.each do |row|
        Enqueue.call(new(row, known), wait: FIRST_WAIT)
        # The record counts an attempt once: by the job of the first row.
        known = { **known, "recorded" => true }
      end
    end

    # @param budget [Budget, Hash] or its {BudgetAddress}
    # @param attempt [Hash] what {Attempt} holds, and whether another job records its cost
    # @return [void]
    # @raise [LookupFailed]
    # @raise [BudgetNotFound] the row was deleted, or is another owner's: reported, not retried
    def perform(budget, attempt)
      recorded, attempt = attempt.symbolize_keys.then { |known| [known.delete(:recorded), Attempt.new(**known)] }
      BudgetAddress.find(budget) { |row| settle(row, attempt, recorded || !LlmRouter.config.record_calls) }
    end

    private

    def settle(row, attempt, recorded)
      endpoint = LlmRouter.config.endpoint_called(attempt.endpoint)
      cost, prompt_tokens, completion_tokens = endpoint.generation(attempt.generation_id, LOOKUP_TIMEOUT)
      raise LookupFailed, "the endpoint knows the generation, but not its cost" unless cost

      recorded ||= row.charges.where(attempt_id: attempt.id).where.not(kind: "estimate").exists?
      row.charge!(BigDecimal(cost), attempt: attempt.with(prompt_tokens: prompt_tokens,
                                                          completion_tokens: completion_tokens))
      Hooks.run(:cost_settled, attempt.model, BigDecimal(cost)) unless recorded
    end
  end
end
