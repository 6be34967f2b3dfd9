# frozen_string_literal: true

class LlmRouter
  # Checks the +hedge:+ of a chain, see {Configuration#chain}.
  # @api private
  module Hedging
    KEYS = %i[after share].freeze
    # Of the calls, if none is given.
    SHARE = 0.05
    private_constant :KEYS

    module_function

    # @param chain [String] how errors name it
    # @param given [Hash]
    # @param size [Integer] how many candidates the chain has
    # @return [Hash{Symbol => Float, Symbol}]
    # @raise [ConfigurationError]
    def check(chain, given, size)
      given = given.is_a?(Hash) ? given.transform_keys { |key| KEYS.find { |known| known.name == key.to_s } } : {}
      unless given.key?(:after) && (given.keys - KEYS).empty?
        raise ConfigurationError, "hedge of #{chain}: give { after: 8 }, seconds or :p95, and optionally share: " \
                                  "#{SHARE}, the part of the calls that may be hedged"
      end
      raise ConfigurationError, "hedge of #{chain} needs a second candidate, which it calls" if size < 2

      { after: after(chain, given[:after]), share: share(chain, given.fetch(:share, SHARE)) }.freeze
    end

    def after(chain, value)
      return :p95 if value.to_s == "p95"

      Setting.seconds("after in hedge of #{chain}", value)
    end

    def share(chain, value)
      share = value.is_a?(Numeric) && value.real? ? value.to_f : Float::NAN
      return share if share.positive? && share <= 1

      raise ConfigurationError, "share in hedge of #{chain} is #{value.inspect}: give the part of the calls that may " \
                                "be hedged, a number above 0 and up to 1, such as #{SHARE}"
    end
  end
end
