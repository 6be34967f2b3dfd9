# frozen_string_literal: true

class LlmRouter
  # Charges a budget that could not be charged when its answer came. Enqueued by {Job}; it calls no
  # model. The amount travels as decimal text, and the attempt with it: delivered twice, it charges once.
  class ChargeJob < BudgetJobParent
    include BudgetJob

    # Nearly three weeks in all: longer than a database is away, and money is owed until then.
    ATTEMPTS = 25
    private_constant :ATTEMPTS

    retries attempts: ATTEMPTS, wait: ->(executions) { (executions**4) + 2 }

    # @param budget [#charge!, Hash] a record, or its {BudgetAddress}
    # @param cost_usd [String] US dollars, a decimal
    # @param attempt [Hash, nil] what {Attempt} holds, so that its reservation ends with it; nil for a charge
    #   that is this job's own
    # @return [void]
    # @raise [BudgetNotFound] the record was deleted, or is another's: reported, and not retried
    def perform(budget, cost_usd, attempt = nil)
      QueuedCharge.make(budget, cost_usd, attempt || { id: job_id })
    end
  end
end
