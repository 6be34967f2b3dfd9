# frozen_string_literal: true

class LlmRouter
  # A candidate of a call that did not answer: it failed, or it was skipped.
  #
  # @!attribute [r] model
  #   @return [String] as the chain names it
  # @!attribute [r] vendor
  #   @return [String] the model's maker: +"anthropic"+ in +"anthropic/claude-sonnet-4.5"+
  # @!attribute [r] endpoint
  #   @return [String]
  # @!attribute [r] reason
  #   @return [Symbol] +:rate_limited+, +:unavailable+, +:timeout+, +:connection+, +:bad_answer+, +:blank+,
  #     +:model_not_found+, +:unauthorized+, +:insufficient_credits+, +:moderated+, +:rejected+ (docs/failures.md),
  #     +:too_long+ if the prompt does not fit into the model's window (without a +status+, no request was sent),
  #     +:unacceptable+ if +accept:+ refused the answer (docs/answers.md), +:skipped+ if its endpoint had failed before,
  #     +:too_expensive+ if the budget had no room or, with a +status+, if no provider serves the model at the reserved
  #     price, +:cooling_down+ if its circuit breaker is open, +:switched_off+ if a person did that
  #     ({LlmRouter.switch_off}), +:saving+ ({BudgetSettings#degrade_at}), or +:hedged+ if it was dropped, because the
  #     attempt beside it answered first ({Configuration#chain})
  # @!attribute [r] status
  #   @return [Integer, nil] the HTTP status, or the code of an error inside a 200
  # @!attribute [r] message
  #   @return [String] one line for a person, without key or prompt
  # @!attribute [r] duration
  #   @return [Float] seconds
  # @!attribute [r] retry_after
  #   @return [Float, nil] seconds of the model's Retry-After, or until the end of its cooldown
  # @!attribute [r] cost_usd
  #   @return [BigDecimal, nil] US dollars that the failed attempt cost
  # @!attribute [r] cost_basis
  #   @return [Symbol, nil] as {Response#cost_basis}; nil if no cost is known
  # @!attribute [r] generation_id
  #   @return [String, nil] the id of the failed generation, if the endpoint gave one
  Hop = Struct.new(:model, :vendor, :endpoint, :reason, :status, :message, :duration, :retry_after,
                   :cost_usd, :cost_basis, :generation_id, keyword_init: true) do
    include Portable

    # @api private
    def initialize(**)
      super
      freeze
    end

    # @return [Boolean] whether a request was sent
    def attempted?
      !status.nil? || !Hop::SKIPS.include?(reason)
    end

    # @return [Boolean] whether the attempt failed, rather than being dropped for another
    # @api private
    def failed?
      attempted? && reason != :hedged
    end

    # @return [Boolean] whether the same request may succeed later
    # @api private
    def transient?
      %i[rate_limited unavailable timeout connection bad_answer].include?(reason)
    end

    # @return [Boolean] whether the model gave an answer that is of no use: it is paid for, and another would be as well
    # @api private
    def paid_in_vain?
      %i[blank unacceptable].include?(reason)
    end

    # @return [String] the model, why it failed, and after how long
    def to_s
      return "#{model} at #{endpoint} skipped: #{message}" unless attempted?

      "#{outline}: #{message}"
    end

    # @return [String] the same without {#message}, for an attempt
    def outline
      ended = reason == :hedged ? "was dropped" : "failed"
      "#{model} at #{endpoint} #{ended}: #{why} after #{format('%.2f', duration)} s"
    end

    # @return [String] the reason, with the status if there is one
    def why
      return "#{reason}, not called" if reason == :too_long && !attempted?

      status ? "#{reason} (#{status})" : reason.to_s
    end
  end

  # Reasons of candidates that were not called.
  # @api private
  Hop::SKIPS = %i[skipped too_expensive too_long cooling_down switched_off saving].freeze
end
