# frozen_string_literal: true

class LlmRouter
  # Decides what to do with a job whose call failed, for {Job} and {SidekiqWorker}.
  # @api private
  module JobPolicy
    # Runs of a job whose call fails, over about four hours.
    ATTEMPTS = 10
    # Seconds over which jobs are spread that wait for the same period.
    SPREAD = 300
    # The errors that {.decide} takes.
    ERRORS = [ChainExhausted, BudgetExceeded, RequestRejected, ConfigurationError, ChargeFailed].freeze

    # @!attribute [r] action
    #   @return [Symbol] +:retry+, +:wait+ (which is no failure), +:discard+, +:give_up+ or +:raise+
    # @!attribute [r] wait
    #   @return [Integer, nil] seconds until it is performed again
    Decision = Struct.new(:action, :wait)
    private_constant :Decision

    module_function

    # @param error [Error] one of {ERRORS}
    # @param job_class [OnBudgetExceeded]
    # @param attempts [Numeric] how many failures of a kind end the retries
    # @yieldparam kind [Class] of the error
    # @yieldreturn [Integer] how many runs of the job have failed with that kind of error, including this one
    # @return [Decision]
    def decide(error, job_class, attempts = ATTEMPTS, &)
      case error
      when Unacceptable then unacceptable(error, attempts, &)
      when ChainExhausted then retry_later(ChainExhausted, error.retry_after, attempts, &)
      when BudgetExceeded then budget_exceeded(error, job_class.budget_exceeded_policy, attempts, &)
      else Decision.new(:discard)
      end
    end

    # Another run would pay for answers like those that were refused. It may help if a candidate failed, or was not
    # called.
    def unacceptable(error, attempts, &)
      in_vain = error.hops.all? { |hop| hop.paid_in_vain? || hop.reason == :too_long }
      in_vain ? Decision.new(:discard) : retry_later(ChainExhausted, error.retry_after, attempts, &)
    end

    # Retries within the period if only reservations of other calls were in the way, or if a model that fits the budget
    # was down. A model whose answer was of no use does not count: it would cost the same again.
    def budget_exceeded(error, chosen, attempts, &)
      if error.retry_after || error.hops.any? { |hop| hop.attempted? && !hop.paid_in_vain? }
        retry_later(BudgetExceeded, error.retry_after || error.soonest, attempts, &)
      elsif chosen[:policy] == :retry_next_period
        wait_for_period(error.period_ends_at, chosen[:within])
      else
        Decision.new(chosen[:policy])
      end
    end

    def wait_for_period(ends_at, max_wait)
      return Decision.new(:discard) unless ends_at && calendar_seconds(ends_at) <= max_wait

      Decision.new(:wait, [ends_at - Time.now, 0].max.ceil + Kernel.rand(SPREAD))
    end

    def retry_later(kind, retry_after, attempts)
      failures = yield kind
      return Decision.new(:give_up) if failures >= attempts

      Decision.new(:retry, [back_off(failures), retry_after.to_f.ceil].max)
    end

    # As Rails' polynomial back-off, with jitter against a thundering herd.
    def back_off(failures)
      (failures**4) + 2 + (Kernel.rand * (failures**4)).floor
    end

    # A day counts 24 hours, also when the clocks change in it.
    def calendar_seconds(ends_at)
      seconds = ends_at - Time.now
      seconds + ends_at.utc_offset - (ends_at - seconds).utc_offset
    end
  end
end
