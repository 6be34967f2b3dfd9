# frozen_string_literal: true

require "timeout"

class LlmRouter
  # A call of a {Batch}. What it raises itself is its result alone; an interrupt of the thread ends the batch. Neither
  # must be taken for the other.
  # @api private
  class BatchedCall < Call
    # What would be taken for the call's own error while its gate is asked, and so waits until that is done. A plain
    # Timeout, be it around the batch or in the budget, does not come out of there as what it is raised as: later
    # Rubies raise no StandardError for it, and these throw.
    MISTAKABLE = { StandardError => :never, ScriptError => :never }.compare_by_identity
    MISTAKABLE[Timeout::Error] = :immediate unless Timeout.const_defined?(:ExitException)
    MISTAKABLE.freeze
    private_constant :MISTAKABLE

    %i[answered hopped rejected exhausted deadline_exceeded].each do |name|
      define_method(name) { |*arguments| Uninterrupted.run(@mask) { own { super(*arguments) } } }
    end

    # @param batch [Batch]
    # @param context [Object, nil] the caller's own
    # @param call [Hash] see {Call}
    def initialize(batch:, context: nil, **call)
      super(overlapping: true, context: context, **call)
      @batch = batch
    end

    # @return [String, Array, false, nil] as of any call; false where there is no room, but may be when others of the
    #   batch have given back what they hold
    def gate(position, _, bounds)
      # It may have to be waited for, and whatever comes meanwhile is an interrupt.
      @config.price_of(@chain.candidates.fetch(position), Bounds.new(*bounds)) if reserving?
      gate = Uninterrupted.run(Uninterrupted.mask(MISTAKABLE)) { own { super } }
      return gate unless gate.is_a?(String) && @spending.fits_with?(@batch.held_usd)

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
      close
      result.is_a?(Response) ? @telemetry.brought(result) : @telemetry.failed(result)
    end

    # It was interrupted.
    def leave
      close
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
