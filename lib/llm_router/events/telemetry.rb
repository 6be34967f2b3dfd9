# frozen_string_literal: true

class LlmRouter
  # Publishes what happens in one call: events, log lines, and hops to the observers of +config.on_hop+. Keys follow
  # OpenTelemetry's conventions for generative AI where there is one.
  # @api private
  class Telemetry
    include Spans
    include MoneyEvents
    include HealthEvents
    include Unreturned

    OUTCOMES = { RequestRejected => :rejected, DeadlineExceeded => :deadline_exceeded, ChainExhausted => :exhausted,
                 Unacceptable => :unacceptable,
                 BudgetExceeded => :budget_exceeded, ChargeFailed => :charge_failed }.freeze
    NONE = {}.freeze
    private_constant :OUTCOMES, :NONE

    # @param hops [Array<Hop>] the call's own, which grows
    # @param labels [Labels]
    # @param overlapping [Boolean] whether other calls of the thread begin and end meanwhile
    def initialize(config, chain, hops, labels, overlapping:, operation: "chat")
      @config = config
      @events = overlapping ? config.events.overlapping : config.events
      @attempts = @events.attempts?
      @chain = chain
      @hops = hops
      @labels = labels
      @operation = operation
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
      remembered = response.remembered?
      record(remembered ? :remembered : :answered, response)
      return @began = nil if response.plain? && !@events.plain_answers?(@config.logger)

      concluded(:answered, { fallback: response.fallback?, remembered: remembered, **answer(response) })
    end

    def failed(error)
      outcome = OUTCOMES.fetch(error.class, :failed)
      record(outcome, error.is_a?(ChargeFailed) ? error.response : nil)
      concluded(outcome, { "error.type": error.class.name, **owed(error) })
    end

    # A call that neither returned nor raised an error was killed, thrown out of or interrupted.
    def left
      record(:interrupted)
      concluded(:interrupted)
    end

    # The attempt ended with its call.
    def attempt_left
      attempted(:interrupted)
    end

    # @param candidate [Candidate]
    # @param position [Integer] its place in the chain
    def attempting(candidate, position)
      return unless @attempts

      @attempt = start(span("attempt", { chain: @chain.name, **@labels.to_h, endpoint: candidate.endpoint.name.name,
                                         vendor: @chain.vendors.fetch(position), "gen_ai.operation.name": @operation,
                                         "gen_ai.request.model": candidate.model }))
    end

    def answered(response)
      paid(response)
      attempted(:answered) { answer(response) }
    end

    def hopped(hop, upcoming)
      # The hop has the cost of a refused one. A dropped attempt leaves the answer of the other.
      paid(nil) unless hop.reason == :hedged
      if hop.attempted?
        attempted(:failed) do
          { "error.type": hop.reason.to_s, reason: hop.reason, message: hop.message,
            "http.response.status_code": hop.status, cost_usd: hop.cost_usd, cost_basis: hop.cost_basis }
        end
      end
      upcoming ? fell_back(hop, upcoming) : log.last_hop(hop)
      @config.hop_observers.each { |observer| notifying { observer.call(hop) } }
    end

    private

    def record(outcome, response = nil)
      return unless @config.record_calls && @began

      # An interrupt that comes meanwhile is raised at the end of the block, and ends the call a second time.
      notifying do
        next if @recorded

        @recorded = true
        unreturned = costs_unreturned unless response
        Hooks.at(:call_ended)&.call(@chain, @labels, outcome, @hops, response, now - @began, unreturned)
      end
    end

    def opening
      { chain: @chain.name, models: @chain.models, **@labels.to_h, "gen_ai.operation.name": @operation }
    end

    def concluded(outcome, details = NONE)
      began = @began
      return unless began

      @began = nil
      attempt_left
      call = @call || span("call", opening, began)
      call.payload[:hops] = @hops
      conclude(call, outcome, details)
    end

    def owed(error)
      error.is_a?(ChargeFailed) ? { cost_usd: error.cost_usd } : NONE
    end

    def fell_back(hop, upcoming)
      emit("fallback", chain: @chain.name, **@labels.to_h, from: hop.model, to: upcoming, reason: hop.reason, hop: hop,
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
