# frozen_string_literal: true

class LlmRouter
  module SidekiqWorker
    # {ChargeJob} for an app without Active Job, or whose Active Jobs are not in Sidekiq.
    class ChargeWorker
      include ::Sidekiq::Worker

      # Three weeks: longer than a database is down.
      sidekiq_options retry: 25

      # @param budget [Hash] the {BudgetAddress} of a record
      # @param cost_usd [String] US dollars, a decimal
      # @param attempt [Hash] what {Attempt} holds, whose reservation ends with the charge; empty for a charge that
      #   the app enqueued by itself
      # @return [void]
      def perform(budget, cost_usd, attempt)
        QueuedCharge.make(budget, cost_usd, attempt.empty? ? { "id" => jid } : attempt)
      rescue BudgetNotFound => e
        JobReport.new(self.class.name, jid).discarded(e)
      end
    end
  end
end
