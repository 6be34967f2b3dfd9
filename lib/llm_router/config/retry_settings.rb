# frozen_string_literal: true

class LlmRouter
  # The settings of a {Configuration} for retries of one model: see docs/failures.md.
  module RetrySettings
    # How many retries a candidate may have.
    RETRIES = (0..5)

    # @return [Integer] how often the last model of a chain is called again after a transient failure that came quickly,
    #   unless the chain says otherwise (+retries:+ of a candidate); default 1. Other models are not, by default.
    attr_reader :retries
    # @return [Float] the longest +Retry-After+, in seconds, that a call waits for before a retry; default 3
    attr_reader :max_wait

    # @return [Integer]
    # @raise [ConfigurationError]
    # @api private
    def self.check(name, value)
      return value if value.is_a?(Integer) && RETRIES.cover?(value)

      raise ConfigurationError, "#{name} is #{value.inspect}: give a whole number from #{RETRIES.min} to #{RETRIES.max}"
    end

    # @param value [Integer] one of {RETRIES}
    # @raise [ConfigurationError]
    def retries=(value)
      @retries = RetrySettings.check("retries", value)
    end

    # @param value [Numeric] seconds
    # @raise [ConfigurationError]
    def max_wait=(value)
      @max_wait = Setting.seconds("max_wait", value)
    end

    private

    def set_retry_defaults
      @retries = 1
      @max_wait = 3.0
    end
  end
end
