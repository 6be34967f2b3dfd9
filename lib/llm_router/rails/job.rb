# frozen_string_literal: true

begin
  require "active_job"
rescue LoadError
  raise LoadError, "LlmRouter::Job is for Active Job; for a Sidekiq worker include LlmRouter::SidekiqWorker"
end
require "active_support/concern"

class LlmRouter
  # Retries, delays or discards a job whose call failed. The job's own +retry_on+ and +discard_on+ below the +include+
  # take precedence.
  #
  # - {ChainExhausted} and {DeadlineExceeded}: retried with growing waits, and no sooner than a model may answer. The
  #   tenth failure is raised to the queue. Waits for a budget, interruptions and continuations do not count.
  # - {Unacceptable}: the same if a candidate failed or was not called. If all answered in vain, it is reported and
  #   discarded, as each run would pay for answers like those.
  # - {RequestRejected}, {ConfigurationError}: reported and discarded, as a retry would fail the same way.
  # - {BudgetExceeded}: waits for the end of the period if that is within +config.budget_wait+, and is reported and
  #   discarded otherwise; {OnBudgetExceeded#on_budget_exceeded} changes that. If only reservations of other calls are
  #   in the way, it is retried like the first.
  # - A failed charge: +perform+ gets its answer, and {ChargeJob} makes the charge.
  # - A run that is killed: with {JobSettings#remember_answers}, the next one does not buy its answers again.
  #
  # For a Sidekiq worker that is no Active Job there is {SidekiqWorker}.
  #
  # @example
  #   class DraftReplyJob < ApplicationJob
  #     include LlmRouter::Job
  #     on_budget_exceeded :discard
  #
  #     def perform(message)
  #       router = LlmRouter.new(budget: LlmBudget.for(message.organization))
  #       draft = router.call(messages: prompt(message), max_tokens: 500)
  #       message.update!(suggested_reply: draft.content)
  #     end
  #   end
  module Job
    extend ActiveSupport::Concern

    included do
      unless is_a?(Class) && self <= ActiveJob::Base
        raise ArgumentError, "LlmRouter::Job, included in #{self}, is for Active Job; " \
                             "for a Sidekiq worker include LlmRouter::SidekiqWorker"
      end

      include JobTracking
      extend OnBudgetExceeded
      rescue_from(*JobPolicy::ERRORS, with: :handle_llm_error)
      around_perform do |_job, block|
        RememberedAnswers.during { DeferredCharge.with(method(:charge_later), &block) }
      end
    end

    ActiveSupport.on_load(:active_job_continuable) { prepend FrameworkInternals::Continuation }

    private

    def handle_llm_error(error)
      decision = JobPolicy.decide(error, self.class) { |kind| FrameworkInternals.executions_for(self, kind) }
      case decision.action
      when :retry, :wait then retry_job(wait: decision.wait, error: error)
      when :discard then discard_llm_call(error)
      else give_up_llm_call(error, decision.action)
      end
    end

    def discard_llm_call(error)
      FrameworkInternals.instrument(self, :discard, error)
      JobReport.new(self.class.name, job_id).discarded(error)
      FrameworkInternals.after_discard(self, error)
    end

    def give_up_llm_call(error, action)
      if action == :give_up
        FrameworkInternals.instrument(self, :retry_stopped, error)
        JobReport.new(self.class.name, job_id).gave_up(error)
      end
      FrameworkInternals.after_discard(self, error)
      raise error
    end

    # @return [Boolean] whether the charge is enqueued; only a record can be a job argument
    def charge_later(budget, cost_usd, attempt)
      records = Budgets.new([budget]).budgets
      return false unless records.all? { |record| BudgetAddress.possible?(record) }

      details = [attempt].compact.map { |known| known.to_h.transform_keys(&:to_s) }
      records.map { |record| Enqueue.call(ChargeJob.new(record, cost_usd.to_s("F"), *details)) }.all?
    rescue StandardError
      false
    end
  end
end
