# frozen_string_literal: true

class LlmRouter
  # What {Call#gate} decides about an attempt, for Rust: a decision and its detail. As +Gate+ of
  # ext/core/src/routing/router.rs.
  # @api private
  module Gate
    PROCEED = [:proceed, nil].freeze
    # Other calls of the batch may release their reservations.
    LATER = [:later, nil].freeze

    module_function

    # @param rates [Array<String, nil>, nil] that no provider may exceed; nil for any
    # @return [Array(Symbol, Array)]
    def proceed(rates)
      rates ? [:proceed, rates] : PROCEED
    end

    # @param reason [String]
    # @return [Array(Symbol, String)]
    def saving(reason)
      [:saving, reason]
    end

    # @param reason [String]
    # @return [Array(Symbol, String)]
    def too_expensive(reason)
      [:too_expensive, reason]
    end
  end
end
