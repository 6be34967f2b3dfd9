# frozen_string_literal: true

require "active_job"
require "active_support/concern"

class LlmRouter
  # What a job that asks models does about their failures. Ordinary +retry_on+ and +discard_on+
  # below the +include+ take precedence.
  #
  # - {ChainExhausted} and {DeadlineExceeded}: tried again, ever later, and no sooner than the models
  #   asked for; after {ATTEMPTS} the error goes to the queue.
  # - {RequestRejected}, {ConfigurationError}: reported and not tried again, for it would be the same.
  # - {BudgetExceeded}: as {ClassMethods#on_budget_exceeded} says; but where calls under way only hold the
  #   money, tried again like the first.
  # - A failed charge: the answer reaches +perform+ all the same, and {ChargeJob} makes the charge.
  #
  # @example
  #   class DraftReplyJob < ApplicationJob
  #     include LlmRouter::Job
  #     on_budget_exceeded :discard
  #
  #     def perform(message)
  #       draft = LlmRouter.new(budget: LlmBudget.for(message.organization)).call(messages: prompt(message))
  #       message.update!(suggested_reply: draft.content)
  #     end
  #   end
  module Job
    extend ActiveSupport::Concern

    # How often a chain that failed is asked in all: over about four hours.
    ATTEMPTS = 10
    # What can be done about an exhausted budget.
    ON_BUDGET_EXCEEDED = %i[retry_next_period discard raise].freeze

    included do
      include CurrentJob::Callback
      class_attribute :budget_exceeded_policy, instance_accessor: false, default: :retry_next_period
      rescue_from(ChainExhausted) { |error| retry_llm_call(error) }
      rescue_from(RequestRejected, ConfigurationError) { |error| discard_llm_call(error) }
      rescue_from(ChargeFailed) { |error| discard_llm_call(error) }
      rescue_from(BudgetExceeded) { |error| handle_budget_exceeded(error) }
      around_perform { |_job, block| LaterCharge.with(method(:charge_later), &block) }
    end

    # Class-level settings of a job.
    module ClassMethods
      # Says what becomes of the job when its budget is exhausted.
      # @param policy [Symbol] +:retry_next_period+ (default; discarded where the budget does not
      #   say when its period ends), +:discard+ or +:raise+
      # @return [void]
      # @raise [ArgumentError]
      def on_budget_exceeded(policy)
        unless ON_BUDGET_EXCEEDED.include?(policy)
          raise ArgumentError, "on_budget_exceeded takes one of #{ON_BUDGET_EXCEEDED.inspect}, not #{policy.inspect}"
        end

        self.budget_exceeded_policy = policy
      end
    end

    private

    def retry_llm_call(error)
      raise error if executions >= ATTEMPTS

      retry_job(wait: [back_off, error.retry_after.to_f.ceil].max, error: error)
    end

    # As Rails' polynomial back-off, with jitter so that a herd comes back one by one.
    def back_off
      (executions**4) + 2 + (Kernel.rand * (executions**4)).floor
    end

    # Where it is only calls under way that hold the money, or a model that would have been cheap enough
    # was down, the next period is too far away.
    def handle_budget_exceeded(error)
      return retry_llm_call(error) if error.retry_after || error.hops.any?(&:attempted?)

      case self.class.budget_exceeded_policy
      when :raise then raise error
      when :discard then discard_llm_call(error)
      else error.period_ends_at ? retry_job(wait_until: error.period_ends_at, error: error) : discard_llm_call(error)
      end
    end

    def discard_llm_call(error)
      instrument(:discard, error: error) if respond_to?(:instrument, true)
      Log.new(LlmRouter.config.logger).write(:error) { "#{self.class.name} #{job_id} is discarded: #{error.message}" }
      Rails.error.report(error, handled: true) if Object.const_defined?(:Rails) && Rails.respond_to?(:error)
    end

    # @return [Boolean] whether the charge is on its way; only a record can travel to another job
    def charge_later(budget, cost_usd, attempt)
      records = Budgets.new([budget]).budgets
      return false unless records.all? { |record| record.respond_to?(:to_global_id) }

      details = [attempt].compact.map { |known| known.to_h.transform_keys(&:to_s) }
      records.each { |record| ChargeJob.perform_later(record, cost_usd.to_s("F"), *details) }
      true
    rescue StandardError
      false
    end
  end
end
