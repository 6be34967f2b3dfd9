# frozen_string_literal: true

class LlmRouter
  # A call of a {Batch}. What it raises itself is its result alone, and must not be taken for an interrupt
  # of the thread, which ends the batch: so interrupts wait while it is asked or told.
  # @api private
  class BatchedCall < Call
    %i[gate answered hopped interrupted stopped rejected exhausted deadline_exceeded].each do |name|
      define_method(name) { |*arguments| own { super(*arguments) } }
    end

    # @return [BatchedCall] self
    def begin
      @telemetry.began
      self
    end

    # Its first attempt does not fit in while others hold money; it is made when they have given it back.
    def held
      @spending.forget_refusal
    end

    # @param result [Response, StandardError]
    def end_with(result)
      result.is_a?(Response) ? @telemetry.brought(result) : @telemetry.failed(result)
    end

    # It was interrupted.
    def leave
      @telemetry.left
    end

    private

    # Rust knows by @error whose an exception is. What was held off comes when the block is done.
    def own
      Uninterrupted.run do
        yield
      rescue StandardError, ScriptError => e
        @error = e
        raise
      end
    end
  end
end
