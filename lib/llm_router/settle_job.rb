# frozen_string_literal: true

require "active_job"

class LlmRouter
  # Settles a reservation whose attempt may have been billed: asks the endpoint what the generation
  # cost. It asks no model.
  class SettleJob < ActiveJob::Base
    # OpenRouter knows a generation some seconds after it is over; where it does not within about a day,
    # the lease has ended as +config.on_uncertain+ says.
    ATTEMPTS = 12
    # Seconds.
    PATIENCE = 10.0
    WAIT = 10.0
    private_constant :ATTEMPTS, :PATIENCE, :WAIT

    retry_on StandardError, attempts: ATTEMPTS, wait: ->(executions) { (executions**4) + 10 }

    # Enqueues one for each row that waits. Only OpenRouter can be asked.
    # @param budget [Object]
    # @param attempt [Attempt]
    # @return [void]
    # @api private
    def self.follow(budget, attempt)
      return unless attempt.endpoint == "openrouter"

      Budgets.new([budget]).rows.each do |row|
        set(wait: WAIT).perform_later(row, attempt.to_h.transform_keys(&:to_s))
      end
    end

    # @param budget [Budget]
    # @param attempt [Hash] what {Attempt} holds
    # @return [void]
    # @raise [LookupFailed]
    def perform(budget, attempt)
      attempt = Attempt.new(**attempt.symbolize_keys)
      endpoint = LlmRouter.config.endpoint_called(attempt.endpoint)
      cost, prompt_tokens, completion_tokens = endpoint.generation(attempt.generation_id, PATIENCE)
      raise LookupFailed, "the endpoint knows the generation, and not what it cost" unless cost

      budget.charge!(BigDecimal(cost), attempt: attempt.with(prompt_tokens: prompt_tokens,
                                                             completion_tokens: completion_tokens))
    end
  end
end
