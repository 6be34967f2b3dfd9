# frozen_string_literal: true

class LlmRouter
  # How a call settles an attempt, once. Rust sets +@unsettled+ to what the attempt came to (a +Native::Completion+, or
  # the Hash of a failure) before it calls. It stays until that is settled, whatever interrupts it.
  # @api private
  module Settling
    # Whatever ended the walk: settles what an attempt came to, or releases what was reserved for one that then was not
    # made. What was reserved in the parent of a fork is the parent's.
    def close
      booking do
        next unless @process == Process.pid
        next @spending.release unless @unsettled

        @unsettled.is_a?(Hash) ? settle_failure(bill_of(@unsettled), @unsettled) : settle_answer(@unsettled)
      rescue ChargeFailed => e
        # The interrupt goes on.
        Log.new(@config.logger).write(:error) { e.message }
      end
    end

    private

    def settle_answer(completion)
      bill = @spending.answer(completion.cost) { completion.tokens }
      response = Response.new(completion, bill: bill, requested_model: @asked.model, hops: hops, context: @context,
                                          endpoint: @asked.endpoint.name.name)
      bill.usd ? charge(bill, response) { known(response) } : release
      @spending.follow(response.generation_id) if @spending.unbilled?
      response
    end

    # @param outcome [Hash]
    # @return [Bill]
    def bill_of(outcome)
      @spending.failure(*outcome.values_at(:cost_usd, :uncertain, :tokens))
    end

    def settle_failure(bill, outcome)
      return charge(bill) { outcome.slice(:generation_id) } if bill.usd&.nonzero?
      return release unless outcome[:uncertain] && !bill.usd

      @spending.uncertain(outcome[:generation_id])
      @unsettled = nil
    end

    def release
      @spending.release
      @unsettled = nil
    end

    # A trap may raise on the main thread, whatever is masked: then {#close} settles once more. But a charge has no
    # identity: once begun, it is not made again.
    # @param bill [Bill]
    # @yieldreturn [Hash] what is known of the attempt
    def charge(bill, response = nil, &)
      @unsettled = nil unless reserving?
      @spending.settle(bill, &)
      @unsettled = nil
    rescue StandardError, ScriptError => e
      @unsettled = nil
      charge_failed(e, bill.usd, response)
    end

    def charge_failed(error, cost_usd, response)
      left = error.is_a?(Budgets::PartlyCharged) ? error.left : @budget
      return if DeferredCharge.accepted?(left, cost_usd, @spending.attempt)

      message = "the budget could not be charged #{cost_usd.to_s('F')} USD, which are spent (#{error.class}): " \
                "charge again"
      message += "; the answer is in ChargeFailed#response" if response
      raise ChargeFailed.new(message, hops: hops, response: response, cost_usd: cost_usd, attempt: @spending.attempt)
    end

    def known(response)
      { generation_id: response.generation_id, prompt_tokens: response.usage.prompt_tokens,
        completion_tokens: response.usage.completion_tokens }
    end
  end
end
