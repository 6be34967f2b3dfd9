# frozen_string_literal: true

class LlmRouter
  module SidekiqWorker
    # {ChargeJob} for an app without Active Job, or whose Active Jobs are not Sidekiq's to keep.
    class ChargeWorker
      include ::Sidekiq::Worker

      # Three weeks: longer than a database is away, and money is owed until then.
      sidekiq_options retry: 25

      # @param budget [Hash] the {BudgetAddress} of a record
      # @param cost_usd [String] US dollars, a decimal
      # @param attempt [Hash] what {Attempt} holds, so that its reservation ends with it; empty for a charge that is
      #   this job's own
      # @return [void]
      def perform(budget, cost_usd, attempt)
        QueuedCharge.make(budget, cost_usd, attempt.empty? ? { "id" => jid } : attempt)
      rescue BudgetNotFound => e
        JobReport.new(self.class.name, jid).discarded(e)
      end
    end
  end
end
