# frozen_string_literal: true

class LlmRouter
  # What becomes of a job whose call failed, whatever the queue: {Job} and {SidekiqWorker} do it.
  # @api private
  module JobPolicy
    # How often a call that failed is tried in all: over about four hours.
    ATTEMPTS = 10
    # Seconds over which jobs are spread that wait for the end of the same period.
    SPREAD = 300
    # The errors that it decides about.
    ERRORS = [ChainExhausted, BudgetExceeded, RequestRejected, ConfigurationError, ChargeFailed].freeze

    # @!attribute [r] action
    #   @return [Symbol] +:retry+ (it failed), +:wait+ (it only came too early), +:discard+, +:give_up+ or +:raise+
    # @!attribute [r] wait
    #   @return [Integer, nil] seconds until it is performed again
    Decision = Struct.new(:action, :wait)
    private_constant :Decision

    module_function

    # @param error [Error] one of {ERRORS}
    # @param job_class [OnBudgetExceeded]
    # @param attempts [Numeric] how many such failures are too many
    # @yieldparam kind [Class] of the error
    # @yieldreturn [Integer] how many runs of the job have failed with an error of that kind, this one included
    # @return [Decision]
    def decide(error, job_class, attempts = ATTEMPTS, &)
      case error
      when ChainExhausted then try_again(ChainExhausted, error.retry_after, attempts, &)
      when BudgetExceeded then budget_exceeded(error, job_class.budget_exceeded_policy, attempts, &)
      else Decision.new(:discard)
      end
    end

    # Where it is only calls under way that hold the money, or a model that would have been cheap enough
    # was down, the next period is too far away. One that gave a blank answer would only be paid for another.
    def budget_exceeded(error, chosen, attempts, &)
      if error.retry_after || error.hops.any? { |hop| hop.attempted? && hop.reason != :blank }
        try_again(BudgetExceeded, error.retry_after || error.soonest, attempts, &)
      elsif chosen[:policy] == :retry_next_period
        wait_for_period(error.period_ends_at, chosen[:within])
      else
        Decision.new(chosen[:policy])
      end
    end

    def wait_for_period(ends_at, longest)
      return Decision.new(:discard) unless ends_at && calendar_seconds(ends_at) <= longest

      Decision.new(:wait, [ends_at - Time.now, 0].max.ceil + Kernel.rand(SPREAD))
    end

    def try_again(kind, retry_after, attempts)
      failures = yield kind
      return Decision.new(:give_up) if failures >= attempts

      Decision.new(:retry, [back_off(failures), retry_after.to_f.ceil].max)
    end

    # As Rails' polynomial back-off, with jitter so that a herd comes back one by one.
    def back_off(failures)
      (failures**4) + 2 + (Kernel.rand * (failures**4)).floor
    end

    # A day is a day, also when the clocks change in it.
    def calendar_seconds(ends_at)
      seconds = ends_at - Time.now
      seconds + ends_at.utc_offset - (ends_at - seconds).utc_offset
    end
  end
end
