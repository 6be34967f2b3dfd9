# frozen_string_literal: true

class LlmRouter
  # One step of a call that brought no answer: a model that failed, or was passed by.
  #
  # @!attribute [r] model
  #   @return [String] as the chain names it
  # @!attribute [r] vendor
  #   @return [String] who makes the model: +"anthropic"+ in +"anthropic/claude-sonnet-4.5"+
  # @!attribute [r] endpoint
  #   @return [String] where it was asked for
  # @!attribute [r] reason
  #   @return [Symbol] +:rate_limited+, +:unavailable+, +:timeout+, +:connection+, +:bad_answer+, +:blank+,
  #     +:model_not_found+, +:unauthorized+, +:insufficient_credits+, +:moderated+, +:rejected+ (docs/failures.md),
  #     +:skipped+ where its endpoint had failed before, +:too_expensive+ where the budget had no room or, with
  #     a +status+, where no provider serves the model at the price that was reserved, or +:cooling_down+ where it
  #     has been failing and is left alone for a while
  # @!attribute [r] status
  #   @return [Integer, nil] the HTTP status, or the code of an error inside a 200
  # @!attribute [r] message
  #   @return [String] one line for a person, without key or prompt
  # @!attribute [r] duration
  #   @return [Float] seconds
  # @!attribute [r] retry_after
  #   @return [Float, nil] seconds that the model asked to be left alone, or is left alone still
  # @!attribute [r] cost_usd
  #   @return [BigDecimal, nil] US dollars that the failed attempt cost all the same
  # @!attribute [r] cost_basis
  #   @return [Symbol, nil] as {Response#cost_basis}; nil where no cost is known
  # @!attribute [r] generation_id
  #   @return [String, nil] the id of the failed generation, where one was given
  Hop = Struct.new(:model, :vendor, :endpoint, :reason, :status, :message, :duration, :retry_after,
                   :cost_usd, :cost_basis, :generation_id, keyword_init: true) do
    include Portable

    # @api private
    def initialize(**)
      super
      freeze
    end

    # @return [Boolean] whether a request was made at all
    def attempted?
      !status.nil? || !%i[skipped too_expensive cooling_down].include?(reason)
    end

    # @return [Boolean] whether the same request may succeed later
    # @api private
    def transient?
      %i[rate_limited unavailable timeout connection bad_answer].include?(reason)
    end

    # @return [String] what failed, why, and after how long
    def to_s
      return "#{model} at #{endpoint} skipped: #{message}" unless attempted?

      "#{outline}: #{message}"
    end

    # @return [String] the same without {#message}, of an attempt
    def outline
      "#{model} at #{endpoint} failed: #{why} after #{format('%.2f', duration)} s"
    end

    # @return [String] the reason, with the status where there is one
    def why
      status ? "#{reason} (#{status})" : reason.to_s
    end
  end
end
