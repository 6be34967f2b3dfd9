# frozen_string_literal: true

class LlmRouter
  # Settles a reservation whose attempt may have been billed: asks the endpoint what the generation
  # cost. It asks no model.
  class SettleJob < BudgetJobParent
    include BudgetJob

    # OpenRouter knows a generation some seconds after it is over; where it does not within about a day,
    # the lease has ended as +config.on_uncertain+ says.
    ATTEMPTS = 12
    # Seconds.
    PATIENCE = 10.0
    WAIT = 10.0
    private_constant :ATTEMPTS, :PATIENCE, :WAIT

    retries attempts: ATTEMPTS, wait: ->(executions) { (executions**4) + 10 }

    # Enqueues one for each row that waits. Only OpenRouter can be asked.
    # @param budget [Object]
    # @param attempt [Attempt]
    # @return [void]
    # @api private
    def self.follow(budget, attempt)
      return unless attempt.endpoint == "openrouter"

      Budgets.new([budget]).budgets.select { |member| BudgetAddress.row?(member) }.each do |row|
        Enqueue.call(new(row, attempt.to_h.transform_keys(&:to_s)), wait: WAIT)
      end
    end

    # @param budget [Budget, Hash] or its {BudgetAddress}
    # @param attempt [Hash] what {Attempt} holds
    # @return [void]
    # @raise [LookupFailed]
    # @raise [BudgetNotFound] the row was deleted, or is another's: reported, and not retried
    def perform(budget, attempt)
      attempt = Attempt.new(**attempt.symbolize_keys)
      BudgetAddress.find(budget) { |row| settle(row, attempt) }
    end

    private

    def settle(row, attempt)
      endpoint = LlmRouter.config.endpoint_called(attempt.endpoint)
      cost, prompt_tokens, completion_tokens = endpoint.generation(attempt.generation_id, PATIENCE)
      raise LookupFailed, "the endpoint knows the generation, and not what it cost" unless cost

      row.charge!(BigDecimal(cost), attempt: attempt.with(prompt_tokens: prompt_tokens,
                                                          completion_tokens: completion_tokens))
    end
  end
end
