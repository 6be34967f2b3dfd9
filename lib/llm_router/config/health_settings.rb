# frozen_string_literal: true

class LlmRouter
  # The settings of a {Configuration} for its circuit breakers: see {Health}.
  module HealthSettings
    # @return [Integer, nil] how many failures in a row open a model's circuit breaker, so that it cools down; rejected
    #   requests do not count; default 3; nil for no cooldowns
    attr_reader :cooldown_after
    # @return [Float] seconds of failures until +model_down.llm_router+; default 3600
    attr_reader :down_after
    # @return [#read_multi, #write, nil] an +ActiveSupport::Cache+ through which processes and hosts share their
    #   cooldowns; default nil: each process has its own
    attr_reader :health_store
    # @return [SharedHealth, nil]
    # @api private
    attr_reader :shared_health

    # @param value [Integer, nil]
    # @raise [ConfigurationError]
    def cooldown_after=(value)
      @cooldown_after = value && Setting.count("cooldown_after", value)
    end

    # @param value [Numeric] seconds
    # @raise [ConfigurationError]
    def down_after=(value)
      @down_after = Setting.seconds("down_after", value)
    end

    # @param value [#read_multi, #write, nil]
    # @raise [ConfigurationError]
    # @example
    #   config.health_store = Rails.cache
    def health_store=(value)
      unless value.nil? || (value.respond_to?(:read_multi) && value.respond_to?(:write))
        raise ConfigurationError, "health_store is a #{value.class}: give an ActiveSupport::Cache, such as Rails.cache"
      end

      @health_store = value
      @shared_health = value && SharedHealth.new(value)
    end

    private

    def set_health_defaults
      @cooldown_after = 3
      @down_after = 3600.0
    end
  end
end
