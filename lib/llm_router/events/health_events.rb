# frozen_string_literal: true

class LlmRouter
  # Publishes changes of circuit breakers, for {Telemetry}.
  # @api private
  module HealthEvents
    # The circuit breaker of a model, or of its whole endpoint, has opened.
    def cooldown_started(candidate, seconds:, failures:, whole_endpoint:, reason:)
      emit("cooldown", **health(candidate, reason), seconds: seconds, consecutive_failures: failures,
                                                    whole_endpoint: whole_endpoint)
    end

    # A model is called although it is switched off, since all of the chain is.
    def switch_ignored(candidate)
      emit("switch_ignored", **@labels.to_h, **health(candidate))
    end

    # A model has been failing for +config.down_after+.
    def down(candidate, failing:, failures:, reason:)
      emit("model_down", **health(candidate, reason), failing_since: (Time.now - failing).round(3),
                                                      seconds: failing, consecutive_failures: failures)
    end

    # A model that was down answers again.
    def up(candidate, outage:)
      emit("model_up", **health(candidate), seconds: outage)
    end

    private

    def health(candidate, reason = nil)
      known = { chain: @chain.name, endpoint: candidate.endpoint.name.to_s, "gen_ai.request.model": candidate.model }
      reason ? known.merge(reason: reason, "error.type": reason.to_s) : known
    end
  end
end
