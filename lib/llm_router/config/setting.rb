# frozen_string_literal: true

class LlmRouter
  # Checks that several settings share. Each returns the value to be kept.
  # @api private
  module Setting
    # US dollars: the largest bill, price, cap or column value.
    MAX_USD = BigDecimal(Native::MAX_USD)

    # Line breaks, control characters, and characters that reverse the direction of text.
    CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/

    MAX_SECONDS = 366 * 24 * 60 * 60
    MAX_BYTES = 2 * 1024 * 1024 * 1024
    MAX_COUNT = 1_000_000
    MAX_TOKENS = 1_000_000_000
    private_constant :MAX_SECONDS, :MAX_BYTES, :MAX_COUNT, :MAX_TOKENS

    module_function

    # @return [Float]
    def seconds(name, value)
      number = value.is_a?(Numeric) && value.real? ? value.to_f : Float::NAN
      return number if number.positive? && number <= MAX_SECONDS

      raise ConfigurationError, "#{name} is #{value.inspect}: give seconds, a number above 0 and up to #{MAX_SECONDS}"
    end

    # @return [Integer]
    def bytes(name, value)
      return value if value.is_a?(Integer) && value.between?(1, MAX_BYTES)

      raise ConfigurationError, "#{name} is #{value.inspect}: give bytes, a whole number from 1 to #{MAX_BYTES}"
    end

    # @return [Integer]
    def count(name, value, error = ConfigurationError)
      return value if value.is_a?(Integer) && value.between?(1, MAX_COUNT)

      raise error, "#{name} is #{value.inspect}: give a whole number from 1 to #{MAX_COUNT}"
    end

    # @return [Integer]
    def tokens(name, value)
      return value if value.is_a?(Integer) && value.between?(1, MAX_TOKENS)

      raise ConfigurationError, "#{name} is #{value.inspect}: give tokens, a whole number from 1 to #{MAX_TOKENS}"
    end

    # @return [BigDecimal] of a whole, to four decimals
    def part(name, value)
      part = value.is_a?(Numeric) && value.real? ? BigDecimal(value, 12).round(4) : BigDecimal(0)
      return part if part.positive? && part <= 1

      raise ArgumentError
    rescue ArgumentError, TypeError
      raise ConfigurationError, "#{name} is #{value.inspect}: give a part of the cap, a number above 0 and up to 1, " \
                                "such as 0.8"
    end

    # @return [BigDecimal]
    def usd(name, value)
      raise ArgumentError unless [BigDecimal, Integer, String].any? { |kind| value.is_a?(kind) }

      amount = BigDecimal(value)
      amount.between?(0, MAX_USD) ? amount : raise(ArgumentError)
    rescue ArgumentError
      inexact = " (a Float is not exact)" if value.is_a?(Float)
      raise ConfigurationError, "#{name} is #{value.inspect}: give US dollars, such as \"0.25\", from 0 to " \
                                "#{MAX_USD.to_i}#{inexact}"
    end

    # @return [Secret, nil]
    def secret(name, value)
      return value if value.nil? || value.is_a?(Secret)
      return Secret.new(value.dup.freeze) if value.is_a?(String) && value.valid_encoding? && !value.strip.empty?

      # The value stays out of the message: it may contain the key.
      what = value.is_a?(String) ? "empty, or no text" : "a #{value.class}"
      raise ConfigurationError, "#{name} is #{what}: give the key as a String"
    end

    # @return [String, nil]
    def text(name, value)
      return value&.dup&.freeze if value.nil? || value.is_a?(String)

      raise ConfigurationError, "#{name} is a #{value.class}: give a String"
    end

    # @return [String, nil]
    def path(name, value)
      text(name, value.respond_to?(:to_path) ? value.to_path : value)
    end

    # @return [String]
    def url(name, value)
      url = text(name, value) || raise(ConfigurationError, "#{name} is nil: give a URL")
      one_line?(url) ? url : raise(ConfigurationError, "#{name} holds a line break or a control character: remove it")
    end

    # @return [Boolean] whether a text fits on one line of a log
    def one_line?(text)
      !text.encode(Encoding::UTF_8).match?(CONTROL)
    rescue EncodingError, ArgumentError
      false
    end

    # @return [Symbol]
    def name(what, value)
      named = value.is_a?(Symbol) || (value.is_a?(String) && !value.empty?)
      return value.to_sym if named && one_line?(value.to_s)

      given = named ? value.to_s.dump : value.inspect
      raise ConfigurationError, "#{what} is called #{given}: give it a name, a Symbol or a String on one line"
    end

    # Does not look a name up: the app's classes cannot be loaded yet.
    # @return [String, Class]
    def job_class(name, value)
      return value.dup.freeze if value.is_a?(String) && value.match?(/\A(::)?[A-Z]\w*(::[A-Z]\w*)*\z/)
      return value if value.is_a?(Class) && value.ancestors.any? { |ancestor| ancestor.name == "ActiveJob::Base" }

      raise ConfigurationError, "#{name} is #{value.inspect}: give a class below ActiveJob::Base, or its name, " \
                                "such as \"ApplicationJob\""
    end

    # A copy, so that later changes by the caller have no effect.
    def copy(value)
      case value
      when Array then value.map { |item| copy(item) }
      when Hash then value.transform_values { |item| copy(item) }
      when String then value.dup
      else value
      end
    end

    # @return [Boolean]
    def flag(name, value)
      return value if [true, false].include?(value)

      raise ConfigurationError, "#{name} is #{value.inspect}: give true or false"
    end

    # @return [Logger, nil]
    def logger(name, value)
      return value if value.nil? || %i[debug info warn error].all? { |level| value.respond_to?(level) }

      raise ConfigurationError, "#{name} is a #{value.class}: give a Logger, such as Logger.new($stdout), or nil"
    end

    # @return [Symbol]
    def one_of(name, value, choices)
      choices.find { |choice| choice == value } ||
        raise(ConfigurationError, "#{name} is #{value.inspect}: give one of #{choices.inspect}")
    end
  end
end
