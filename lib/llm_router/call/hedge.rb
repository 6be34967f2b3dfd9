# frozen_string_literal: true

class LlmRouter
  # Extends the copy of a {Call} that makes its second attempt beside the first. Its gate never ends the call: where it
  # refuses, or fails, the first attempt goes on alone.
  # @api private
  module Hedge
    # @return [Array(Symbol, Object)] see {Gate}
    def gate(position, limit, bounds)
      # The look-up may wait, outside the mask.
      @config.price_of(@chain.candidates.fetch(position), Bounds.new(*bounds)) if reserving?
      gate = Uninterrupted.run(Uninterrupted.mask(Mistakable::DEFERRED)) do
        super
      rescue StandardError, ScriptError => e
        Gate.too_expensive("the budget raised #{e.class}")
      end
      not_hedged(*gate) unless gate.first == :proceed
      gate
    end

    # The first attempt ends the call.
    def close
      super
    ensure
      @telemetry.attempt_left
    end

    private

    def not_hedged(_, why)
      Log.of(@config).write(:info) { "the call is not hedged with #{@candidate.model}: #{why}" }
    end
  end
end
