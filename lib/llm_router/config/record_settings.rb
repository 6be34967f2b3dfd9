# frozen_string_literal: true

class LlmRouter
  # The settings of a {Configuration} for the record of calls: see docs/record.md.
  module RecordSettings
    # Seconds.
    KEEP = (3600.0..(10 * 366 * 86_400.0))
    private_constant :KEEP

    # @return [Boolean] whether calls are counted, and failures kept, in the tables that the generator makes; default
    #   false. Needs Active Record
    attr_reader :record_calls
    # @return [String, Class] the abstract record class whose database has the tables of the record; default
    #   "ActiveRecord::Base"
    attr_reader :record_parent
    # @return [Float] seconds that incidents are kept; default 90 days
    attr_reader :keep_incidents
    # @return [Float] seconds that statistics are kept; default 400 days
    attr_reader :keep_stats

    # @param value [Boolean]
    # @raise [ConfigurationError]
    # @example
    #   config.record_calls = true
    def record_calls=(value)
      value = Setting.flag("record_calls", value)
      unless !value || Hooks.run(:recordable)
        raise ConfigurationError, "record_calls is true, but Active Record is not loaded: require \"active_record\" " \
                                  "before LlmRouter.configure, or leave it false"
      end

      @record_calls = value
    end

    # @param value [String, Class] an abstract class below +ActiveRecord::Base+, or its name
    # @raise [ConfigurationError]
    # @example The tables are in a database of their own
    #   config.record_parent = "AnalyticsRecord"
    def record_parent=(value)
      known = value.is_a?(Class) ? value.name : value
      unless known.is_a?(String) && known.match?(/\A(::)?[A-Z]\w*(::[A-Z]\w*)*\z/)
        raise ConfigurationError, "record_parent is #{value.inspect}: give an abstract class below " \
                                  "ActiveRecord::Base, or its name, such as \"ApplicationRecord\""
      end

      @record_parent = known.dup.freeze
    end

    # @param value [Numeric] seconds
    # @raise [ConfigurationError]
    # @example
    #   config.keep_incidents = 90.days
    def keep_incidents=(value)
      @keep_incidents = keep("keep_incidents", value)
    end

    # @param value [Numeric] seconds
    # @raise [ConfigurationError]
    # @example
    #   config.keep_stats = 400.days
    def keep_stats=(value)
      @keep_stats = keep("keep_stats", value)
    end

    private

    def keep(name, value)
      seconds = value.is_a?(Numeric) && value.real? ? value.to_f : Float::NAN
      return seconds if KEEP.cover?(seconds)

      raise ConfigurationError, "#{name} is #{value.inspect}: give seconds, from an hour to ten years, such as 90.days"
    end

    def set_record_defaults
      @record_calls = false
      @record_parent = "ActiveRecord::Base"
      @keep_incidents = 90 * 86_400.0
      @keep_stats = 400 * 86_400.0
    end
  end
end
