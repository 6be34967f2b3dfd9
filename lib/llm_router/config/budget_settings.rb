# frozen_string_literal: true

class LlmRouter
  # The settings of a {Configuration} for budgets that are nearly spent: see docs/budgets.md.
  module BudgetSettings
    # @return [Array<BigDecimal>] the parts of a cap at which +budget_threshold.llm_router+ is published, once for each
    #   period and budget; default none
    attr_reader :alert_at
    # @return [BigDecimal, nil] the part of a cap from which on calls start at the last candidate of their chain, with a
    #   hop +:saving+ for each before it; default nil: never. A budget's own +degrade_at+ takes precedence
    attr_reader :degrade_at

    # @param value [Array<Numeric>, Numeric, nil] each above 0 and up to 1
    # @raise [ConfigurationError]
    # @example
    #   config.alert_at = [0.8, 1.0]
    def alert_at=(value)
      parts = value.is_a?(Array) ? value : [value].compact
      @alert_at = parts.map { |part| Setting.part("alert_at", part) }.uniq.sort.freeze
    end

    # @param value [Numeric, nil] above 0 and up to 1
    # @raise [ConfigurationError]
    # @example
    #   config.degrade_at = 0.9
    def degrade_at=(value)
      @degrade_at = value.nil? ? nil : Setting.part("degrade_at", value)
    end

    private

    def set_budget_defaults
      @alert_at = [].freeze
      @degrade_at = nil
    end
  end
end
