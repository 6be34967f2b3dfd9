# frozen_string_literal: true

class LlmRouter
  # What {ChargeJob} and {SettleJob} share.
  # @api private
  module BudgetJob
    extend ActiveSupport::Concern

    # The money is spent, even if the transaction rolls back that the job is enqueued in. A setting of Rails 7.2.
    ENQUEUE_AFTER_COMMIT = ActiveJob::VERSION::MAJOR < 8 ? :never : false
    private_constant :ENQUEUE_AFTER_COMMIT

    included do
      self.enqueue_after_transaction_commit = ENQUEUE_AFTER_COMMIT if respond_to?(:enqueue_after_transaction_commit=)
      queue_as LlmRouter.config.job_queue if LlmRouter.config.job_queue
    end

    # Class methods of both.
    module ClassMethods
      # @param attempts [Integer] as +retry_on+ takes it
      # @param wait [Proc] likewise
      # @return [void]
      def retries(attempts:, wait:)
        retry_on StandardError, attempts: attempts, wait: wait
        # A retry would fail the same way.
        discard_on(BudgetNotFound) { |job, error| JobReport.new(job.class.name, job.job_id).discarded(error) }
      end
    end

    # @param arguments [Array] the budget, a record or its {BudgetAddress}, and what else the job takes
    def initialize(*arguments)
      arguments[0] = BudgetAddress.of(arguments.first) if arguments.any?
      super
    end
  end
end
