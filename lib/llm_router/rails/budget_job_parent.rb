# frozen_string_literal: true

require "active_job"

class LlmRouter
  # What {ChargeJob} and {SettleJob} inherit from: +config.job_parent+.
  # @api private
  BudgetJobParent = BudgetJobs.parent
end
