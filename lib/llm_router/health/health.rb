# frozen_string_literal: true

class LlmRouter
  # The circuit breaker of one model at one endpoint, as this process has it. See {LlmRouter.health}.
  #
  # @!attribute [r] model
  #   @return [String] as chains name it
  # @!attribute [r] endpoint
  #   @return [String]
  # @!attribute [r] state
  #   @return [Symbol] +:up+; +:failing+, if its last attempt failed but calls still use it; +:cooling_down+, if calls
  #     skip it (the breaker is open); or +:probing+, while one call probes it (half-open)
  # @!attribute [r] failing_since
  #   @return [Time, nil] when it first failed after its last success
  # @!attribute [r] consecutive_failures
  #   @return [Integer] since its last success
  # @!attribute [r] last_reason
  #   @return [Symbol, nil] of its last failure, as {Hop#reason}
  # @!attribute [r] next_probe_at
  #   @return [Time, nil] when the next call probes it, if it cools down
  # @!attribute [r] attempts
  #   @return [Integer]
  # @!attribute [r] successes
  #   @return [Integer]
  # @!attribute [r] p50
  #   @return [Float, nil] seconds within which half of its last 128 answers came
  # @!attribute [r] p95
  #   @return [Float, nil] seconds, likewise for 95 of 100
  Health = Struct.new(:model, :endpoint, :state, :failing_since, :consecutive_failures, :last_reason,
                      :next_probe_at, :attempts, :successes, :p50, :p95, keyword_init: true) do
    # @api private
    def initialize(failing_since:, next_probe_at:, **known)
      now = Time.now
      failing_since &&= (now - failing_since).round(3)
      next_probe_at &&= (now + next_probe_at).round(3)
      super(failing_since: failing_since, next_probe_at: next_probe_at, **known)
      freeze
    end

    # @return [String] a line for a console
    def to_s
      "#{model} at #{endpoint}: #{state}#{", #{trouble}" if consecutive_failures.positive?}, " \
        "#{successes} of #{attempts} attempts answered#{", p50 #{format('%.2f', p50)} s" if p50}"
    end

    private

    def trouble
      "failing since #{failing_since} (#{consecutive_failures} in a row, the last: #{last_reason})"
    end
  end
end
