# frozen_string_literal: true

class LlmRouter
  # How a call settles each attempt, exactly once, whatever interrupts it. See docs/interrupts.md.
  #
  #   reserve          Rust sets @unsettled          settle or release
  #   ───────▶ RESERVED ─────────────▶ UNSETTLED ─────────────────▶ SETTLED (@unsettled is nil)
  #                │                       │                             ▲
  #                │ interrupt, error      │ interrupt, trap             │
  #                ▼                       ▼                             │
  #             close: release          close: settle once more ─────────┘
  #
  # The outcome of the attempt, @unsettled, is a Native::Completion, or a failure's Hash. Interrupts are deferred in
  # UNSETTLED, but a signal's trap may still raise on the main thread. A reservation ends once, however often it is
  # settled; a plain charge! has no identity, so it is never repeated once begun. If the process dies, the lease
  # expires.
  # @api private
  module Settling
    # Ends the call, whatever ended the walk: settles an outcome that is left, or releases the reservation of an attempt
    # that was not made. In the child of a fork, reservations are the parent's.
    def close
      uninterrupted do
        next unless @process == Process.pid
        next @spending.release unless @unsettled

        settle_unreturned
      rescue ChargeFailed => e
        # Logged, not raised: the interrupt goes on.
        Log.new(@config.logger).write(:error) { e.message }
      end
    ensure
      @hedge&.close
    end

    private

    def settle_unreturned
      unless @unsettled.is_a?(Hash)
        response = settle_answer(@unsettled)
        return @telemetry.unreturned(@candidate, response.cost_usd, response.cost_basis)
      end
      bill = bill_of(@unsettled)
      settle_failure(bill, @unsettled)
      @telemetry.unreturned(@candidate, bill.usd, bill.basis)
    end

    def settle_answer(completion)
      bill = @spending.answer(completion.cost) { completion.tokens }
      response = @api.answer.new(completion, bill: bill, requested_model: @candidate.model, hops: hops,
                                             context: @context, endpoint: @candidate.endpoint.name.name)
      @kept ? @kept.keep(response) { pay(bill, response) } : pay(bill, response)
      @spending.follow(response.generation_id) if @spending.unbilled?
      response
    end

    def pay(bill, response)
      bill.usd ? charge(bill, known(response), response) : release
    end

    # @param outcome [Hash]
    # @return [Bill]
    def bill_of(outcome)
      @spending.failure(*outcome.values_at(:cost_usd, :uncertain, :tokens))
    end

    def settle_failure(bill, outcome)
      return charge(bill, outcome.slice(:generation_id)) if bill.usd&.nonzero?
      return release unless outcome[:uncertain] && !bill.usd

      @spending.uncertain(outcome[:generation_id])
      @unsettled = nil
    end

    def release
      @spending.release
      @unsettled = nil
    end

    # @param bill [Bill]
    # @param known [Hash] details of the attempt
    def charge(bill, known, response = nil)
      @unsettled = nil unless reserving?
      @spending.settle(bill, known)
      @unsettled = nil
    rescue StandardError, ScriptError => e
      @unsettled = nil
      charge_failed(e, bill.usd, response)
    end

    def charge_failed(error, cost_usd, response)
      left = error.is_a?(Budgets::PartlyCharged) ? error.left : @budget
      return if DeferredCharge.accepted?(left, cost_usd, @spending.attempt)

      message = "the budget could not be charged #{cost_usd.to_s('F')} USD, which are spent (#{error.class}): " \
                "retry the charge"
      message += "; the answer is in ChargeFailed#response" if response
      raise ChargeFailed.new(message, **so_far, response: response, cost_usd: cost_usd, attempt: @spending.attempt)
    end

    def known(response)
      { generation_id: response.generation_id, prompt_tokens: response.usage.prompt_tokens,
        completion_tokens: response.usage.completion_tokens }
    end
  end
end
