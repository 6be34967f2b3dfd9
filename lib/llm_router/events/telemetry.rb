# frozen_string_literal: true

class LlmRouter
  # Publishes what happens in one call: events, log lines, and hops to the observers of +config.on_hop+. Keys follow
  # OpenTelemetry's conventions for generative AI where there is one.
  # @api private
  class Telemetry
    include Spans

    OUTCOMES = { RequestRejected => :rejected, DeadlineExceeded => :deadline_exceeded, ChainExhausted => :exhausted,
                 BudgetExceeded => :budget_exceeded, ChargeFailed => :charge_failed }.freeze
    NONE = {}.freeze
    private_constant :OUTCOMES, :NONE

    # @param hops [Array<Hop>] the call's own, which grows
    # @param overlapping [Boolean] whether other calls of the thread begin and end meanwhile
    def initialize(config, chain, hops, overlapping)
      @config = config
      @events = overlapping ? config.events.overlapping : config.events
      @attempts = @events.attempts?
      @chain = chain
      @hops = hops
    end

    # Around the whole call.
    # @return [Response]
    def call
      began
      response = yield
      brought(response)
      response
    rescue StandardError => e
      failed(e)
      raise
    ensure
      left
    end

    def began
      @began = now
      @call = start(span("call", opening)) if @events.live?
    end

    # Skip the payload when nobody subscribes to plain answers, which most are.
    def brought(response)
      return @began = nil if response.plain? && !@events.plain_answers?(@config.logger)

      concluded(:answered, { fallback: response.fallback?, **answer(response) })
    end

    def failed(error)
      concluded(OUTCOMES.fetch(error.class, :failed), { "error.type": error.class.name, **owed(error) })
    end

    # A call that neither returned nor raised an error was killed, thrown out of or interrupted.
    def left = concluded(:interrupted)

    # @param candidate [Candidate]
    # @param position [Integer] its place in the chain
    def attempting(candidate, position)
      return unless @attempts

      @attempt = start(span("attempt", { chain: @chain.name, endpoint: candidate.endpoint.name.name,
                                         vendor: @chain.vendors.fetch(position),
                                         "gen_ai.operation.name": "chat", "gen_ai.request.model": candidate.model }))
    end

    def answered(response)
      attempted(:answered) { answer(response) }
    end

    def hopped(hop, upcoming)
      if hop.attempted?
        attempted(:failed) do
          { "error.type": hop.reason.to_s, reason: hop.reason, message: hop.message,
            "http.response.status_code": hop.status, cost_usd: hop.cost_usd, cost_basis: hop.cost_basis }
        end
      end
      upcoming ? fell_back(hop, upcoming) : log.last_hop(hop)
      @config.hop_observers.each { |observer| notifying { observer.call(hop) } }
    end

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

    # The circuit breaker of a model, or of its whole endpoint, has opened.
    def cooling(candidate, seconds:, failures:, whole_endpoint:, reason:)
      emit("cooldown", **health(candidate, reason), seconds: seconds, consecutive_failures: failures,
                                                whole_endpoint: whole_endpoint)
    end

    # A model has been failing for +config.down_after+.
    def down(candidate, failing:, failures:, reason:)
      emit("model_down", **health(candidate, reason), failing_since: (Time.now - failing).round(3), seconds: failing,
                                                  consecutive_failures: failures)
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

    def spending(attempt, reserved_usd)
      { chain: @chain.name, endpoint: attempt.endpoint, reserved_usd: reserved_usd, job_id: attempt.job_id,
        "gen_ai.request.model": attempt.model, "gen_ai.response.id": attempt.generation_id }
    end

    def opening
      { chain: @chain.name, models: @chain.models, "gen_ai.operation.name": "chat" }
    end

    def concluded(outcome, details = NONE)
      began = @began
      return unless began

      @began = nil
      attempted(:interrupted)
      call = @call || span("call", opening, began)
      call.payload[:hops] = @hops
      conclude(call, outcome, details)
    end

    def owed(error)
      error.is_a?(ChargeFailed) ? { cost_usd: error.cost_usd } : NONE
    end

    def fell_back(hop, upcoming)
      emit("fallback", chain: @chain.name, from: hop.model, to: upcoming, reason: hop.reason, hop: hop,
                       "gen_ai.request.model": hop.model, "error.type": hop.reason.to_s)
    end

    # @yieldreturn [Hash] details, if anybody subscribes to attempts
    def attempted(outcome)
      attempt = @attempt
      return unless attempt

      @attempt = nil
      conclude(attempt, outcome, block_given? ? yield : NONE)
    end

    def conclude(span, outcome, details)
      payload = span.payload
      payload.update(details)
      payload[:outcome] = outcome
      payload[:duration] = now - span.started
      finish(span)
    end

    def answer(response)
      { endpoint: response.endpoint, cost_usd: response.cost_usd, cost_basis: response.cost_basis,
        "gen_ai.response.model": response.model, "gen_ai.response.id": response.id,
        "gen_ai.response.finish_reasons": Array(response.finish_reason),
        "gen_ai.usage.input_tokens": response.usage.prompt_tokens,
        "gen_ai.usage.output_tokens": response.usage.completion_tokens }
    end
  end
end
