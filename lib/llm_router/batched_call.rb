# frozen_string_literal: true

class LlmRouter
  # A call of a {Batch}. What it raises itself is its result alone, and must not be taken for an interrupt
  # of the thread, which ends the batch: so interrupts wait while it is asked or told.
  # @api private
  class BatchedCall < Call
    %i[answered hopped interrupted stopped rejected exhausted deadline_exceeded].each do |name|
      define_method(name) { |*arguments| Uninterrupted.run { own { super(*arguments) } } }
    end

    # @param batch [Batch]
    # @param call [Hash] see {Call}
    def initialize(batch:, **call)
      super(overlapping: true, **call)
      @batch = batch
    end

    # @return [String, false, nil] false where there is no room, but may be when others of the batch have given back
    #   what they hold
    def gate(...)
      refusal = Uninterrupted.run { own { super } }
      return refusal unless refusal && @spending.fits_with?(@batch.held_usd)

      @spending.put_off
      false
    end

    # @return [BigDecimal, Integer] US dollars: the most that the attempt under way can cost
    def held_usd
      @spending.held_usd
    end

    # @return [BatchedCall] self
    def begin
      @telemetry.began
      self
    end

    # @param result [Response, StandardError, ScriptError]
    def end_with(result)
      result.is_a?(Response) ? @telemetry.brought(result) : @telemetry.failed(result)
    end

    # It was interrupted.
    def leave
      @telemetry.left
    end

    private

    # Rust knows by @error whose an exception is.
    def own
      yield
    rescue StandardError, ScriptError => e
      @error = e
      raise
    end
  end
end
