# frozen_string_literal: true

class LlmRouter
  # The class methods that {Job} gives a job.
  module OnBudgetExceeded
    # What {#on_budget_exceeded} takes.
    POLICIES = %i[retry_next_period discard raise].freeze

    # Sets what to do with the job when its budget is exhausted. By default, it waits for the end of the budget's period
    # if that is within +config.budget_wait+, and is reported and discarded otherwise.
    #
    # @param policy [Symbol] +:retry_next_period+ (discarded if the budget has no period that ends), +:discard+ or
    #   +:raise+
    # @param within [Numeric, nil] seconds, with +:retry_next_period+: a job whose period ends later is discarded; nil
    #   to wait however long
    # @return [void]
    # @raise [ArgumentError, ConfigurationError]
    # @example Wait, but not over the weekend
    #   on_budget_exceeded :retry_next_period, within: 12.hours
    def on_budget_exceeded(policy, within: nil)
      unless POLICIES.include?(policy)
        raise ArgumentError, "on_budget_exceeded takes one of #{POLICIES.inspect}, not #{policy.inspect}"
      end
      if within && policy != :retry_next_period
        raise ArgumentError, "on_budget_exceeded #{policy.inspect} does not wait: within: is for :retry_next_period"
      end

      within &&= Setting.seconds("within", within)
      @budget_exceeded_policy = { policy: policy, within: within || Float::INFINITY }.freeze
    end

    # @return [Hash{Symbol => Symbol, Float}] +:policy+, and +:within+ in seconds
    # @api private
    def budget_exceeded_policy
      inherited = superclass.budget_exceeded_policy if superclass.respond_to?(:budget_exceeded_policy)
      @budget_exceeded_policy || inherited || { policy: :retry_next_period, within: LlmRouter.config.budget_wait }
    end
  end
end
