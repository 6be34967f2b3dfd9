# frozen_string_literal: true

class LlmRouter
  # Charges a budget that could not be charged when its answer arrived. Enqueued by {Job}; calls no model. The argument
  # +attempt+ identifies the charge: a job that is delivered twice charges once.
  class ChargeJob < BudgetJobParent
    include BudgetJob

    # Nearly three weeks in all: longer than a database is down.
    ATTEMPTS = 25
    private_constant :ATTEMPTS

    retries attempts: ATTEMPTS, wait: ->(executions) { (executions**4) + 2 }

    # @param budget [#charge!, Hash] a record, or its {BudgetAddress}
    # @param cost_usd [String] US dollars, a decimal
    # @param attempt [Hash, nil] what {Attempt} holds, whose reservation ends with the charge; nil for a charge that the
    #   app enqueued by itself
    # @return [void]
    # @raise [BudgetNotFound] the record was deleted, or is another owner's: reported, not retried
    def perform(budget, cost_usd, attempt = nil)
      QueuedCharge.make(budget, cost_usd, attempt || { id: job_id })
    end
  end
end
