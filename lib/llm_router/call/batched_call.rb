# frozen_string_literal: true

class LlmRouter
  # A call of a {Batch}. Its own error is its result only; an interrupt of the thread ends the batch. The two must not
  # be confused.
  # @api private
  class BatchedCall < Call
    %i[answered hopped refused rejected too_long exhausted deadline_exceeded].each do |name|
      define_method(name) { |*arguments| Uninterrupted.run(@mask) { own { super(*arguments) } } }
    end

    # @param batch [Batch]
    # @param context [Object, nil] the caller's own
    # @param call [Hash] see {Call}
    def initialize(batch:, context: nil, **call)
      super(overlapping: true, context: context, **call)
      @batch = batch
    end

    # @return [Array(Symbol, Object)] see {Gate}
    def gate(position, _, bounds)
      # The look-up may wait, outside the mask: an error here is an interrupt.
      @config.price_of(@chain.candidates.fetch(position), Bounds.new(*bounds)) if reserving?
      gate = Uninterrupted.run(Uninterrupted.mask(Mistakable::DEFERRED)) { own { super } }
      return gate unless gate.first == :too_expensive && fits_after_release?

      @spending.reserve_later
      Gate::LATER
    end

    # What {#gate} is going to reserve, for the batch to do ahead.
    # @return [Array(Spending, Hash)]
    def claim(*attempt)
      [@spending, @spending.claim(*attempt)]
    end

    # What {#answered} is going to settle, likewise.
    # @return [Array(Spending, Hash), nil]
    def settlement(*answer)
      settlement = @spending.settlement(*answer)
      [@spending, settlement] if settlement
    end

    # @return [BigDecimal, Integer] US dollars that are reserved for the attempt under way
    def held_usd
      @spending.held_usd
    end

    # @return [BatchedCall] self
    def begin
      @telemetry.began
      self
    end

    # @return [Response, nil] that of an earlier run of the job
    def recall
      response = remembered or return
      self.begin
      end_with(response)
      response
    end

    # @param result [Response, StandardError, ScriptError]
    def end_with(result)
      close
      result.is_a?(Exception) ? @telemetry.failed(result) : @telemetry.brought(result)
    end

    # Ends a call that was interrupted.
    def leave
      close
      @telemetry.left
    end

    private

    def fits_after_release?
      @spending.fits_after_release?(@batch.held_usd + @batch.release_ahead)
    end

    # Rust compares an exception with @error to tell the call's own errors from interrupts.
    def own
      yield
    rescue StandardError, ScriptError => e
      @error = e
      raise
    end
  end
end
