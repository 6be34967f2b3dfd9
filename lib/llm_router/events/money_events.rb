# frozen_string_literal: true

class LlmRouter
  # Publishes what happens to the money of a call, for {Telemetry}.
  # @api private
  module MoneyEvents
    # @param error [BudgetExceeded]
    def budget_exceeded(model, error)
      emit("budget_exceeded", chain: @chain.name, hops: @hops.dup, "gen_ai.request.model": model, scope: error.scope,
                              **error.details, message: error.message)
    end

    # Warns of a call without max_tokens: more is reserved for it than need be.
    # @param worst_case [WorstCase]
    def unlimited(candidate, worst_case)
      return unless worst_case.guessed? || worst_case.price&.completion&.positive?

      @config.warn_once([:max_tokens, @chain.name || @chain.models]) do
        "#{@chain}: a call without max_tokens reserves #{worst_case} for #{candidate.model} while it is under way. " \
          "Set max_tokens, in the call or in the params of the chain, so that more calls fit under a cap at once"
      end
    end

    # An attempt cost more than was reserved for it.
    def overrun(attempt, reserved_usd, cost_usd)
      emit("overrun", **spending(attempt, reserved_usd), cost_usd: cost_usd, over_usd: cost_usd - reserved_usd)
    end

    # An attempt may have been billed at an unknown cost.
    def uncertain(attempt, reserved_usd)
      emit("uncertain", **spending(attempt, reserved_usd), policy: @config.on_uncertain)
    end

    private

    def spending(attempt, reserved_usd)
      { chain: @chain.name, endpoint: attempt.endpoint, reserved_usd: reserved_usd, job_id: attempt.job_id,
        "gen_ai.request.model": attempt.model, "gen_ai.response.id": attempt.generation_id }
    end
  end
end
