# frozen_string_literal: true

class LlmRouter
  # Models that a person switched off for some time. See {LlmRouter.switch_off}.
  #
  # @!attribute [r] id
  #   @return [Integer, String] of its row in +llm_switches+
  # @!attribute [r] pattern
  #   @return [String] of models, such as +"anthropic/*"+
  # @!attribute [r] reason
  #   @return [String]
  # @!attribute [r] by
  #   @return [String] who switched them off
  # @!attribute [r] created_at
  #   @return [Time]
  # @!attribute [r] expires_at
  #   @return [Time] when calls use them again by themselves
  # @!attribute [r] ended_at
  #   @return [Time, nil] when it was ended before that
  # @!attribute [r] ended_by
  #   @return [String, nil] by whom
  Switch = Struct.new(:id, :pattern, :reason, :by, :created_at, :expires_at, :ended_at, :ended_by,
                      keyword_init: true) do
    # @api private
    def initialize(**)
      super
      freeze
    end

    # @param now [Time]
    # @return [Boolean]
    def in_force?(now = Time.now)
      ended_at.nil? && expires_at > now
    end

    # @param model [String]
    # @return [Boolean] whether the pattern covers it, in any case of letters
    def covers?(model)
      Native::Health.covers?(pattern, model)
    end

    # @return [Array<String>] the models of the configured chains that it covers
    def models
      Switches.configured_models.select { |model| covers?(model) }
    end

    # @return [String] until when, by whom and why
    def note
      "switched off until #{expires_at.utc.strftime('%F %T UTC')} by #{by}#{": #{reason}" unless reason.empty?}"
    end

    # @return [String] a line for a console
    def to_s
      return "#{pattern}: switched on again by #{ended_by} at #{ended_at.utc.strftime('%F %T UTC')}#{rest}" if ended_at

      "#{pattern}: #{note}#{' (no model of a configured chain)' if models.empty?}"
    end
    alias_method :inspect, :to_s

    private

    # Those that it leaves in force, of the same models.
    def rest
      older = Switches.known.select { |one| one.id != id && one.created_at <= ended_at }
      patterns = older.reject { |one| (one.models & models).empty? }.map(&:pattern)
      ", but models of it stay off by #{patterns.join(', ')}" if patterns.any?
    end
  end
end
