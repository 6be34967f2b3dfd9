# frozen_string_literal: true

require "active_job"

class LlmRouter
  # Charges a budget that could not be charged when its answer came. Enqueued by {Job}; it calls no
  # model. The amount travels as decimal text, and the attempt with it: delivered twice, it charges once.
  class ChargeJob < ActiveJob::Base
    # Nearly three weeks in all: longer than a database is away, and money is owed until then.
    ATTEMPTS = 25
    private_constant :ATTEMPTS

    retry_on StandardError, attempts: ATTEMPTS, wait: ->(executions) { (executions**4) + 2 }

    # @param budget [#charge!] a record
    # @param cost_usd [String] US dollars, a decimal
    # @param attempt [Hash, nil] what {Attempt} holds, so that its reservation ends with it; nil for a charge
    #   that is this job's own
    # @return [void]
    def perform(budget, cost_usd, attempt = nil)
      LaterCharge.make(budget, cost_usd, attempt || { id: job_id })
    end
  end
end
