# frozen_string_literal: true

# A primary that fails, a backup that answers, and a router between them and their callers. See bin/failover.
module Failover
  # How long everything takes. All are seconds.
  #
  # @!attribute [r] settings
  #   @return [Hash] of the router, where they are not the defaults
  # @!attribute [r] retry_after
  #   @return [Integer] what a 429 asks for
  # @!attribute [r] slow
  #   @return [Numeric] until a slow primary answers
  # @!attribute [r] slow_timeout
  #   @return [Numeric] the time limit of a rung that does not wait as long
  # @!attribute [r] outage
  #   @return [Numeric] how long a primary is down
  # @!attribute [r] outage_retry_after
  #   @return [Integer, nil] what a primary that is down asks for
  # @!attribute [r] flap
  #   @return [Numeric] how long a primary flaps, and
  # @!attribute [r] phase
  #   @return [Numeric] how long it is up, or down, meanwhile; an odd number of times
  # @!attribute [r] back_within
  #   @return [Numeric] within which the primary must answer again after it has recovered
  Profile = Struct.new(:settings, :retry_after, :slow, :slow_timeout, :outage, :outage_retry_after, :flap, :phase,
                       :back_within, keyword_init: true)

  FULL = Profile.new(settings: {}, retry_after: 2, slow: 20, slow_timeout: 5, outage: 30, outage_retry_after: nil,
                     flap: 60, phase: 4, back_within: 30).freeze
  # A cooldown without a Retry-After takes ten seconds at least, so here everything that is down asks for one.
  QUICK = Profile.new(settings: { timeout: 3, deadline: 9 }, retry_after: 1, slow: 1.5, slow_timeout: 0.7, outage: 3,
                      outage_retry_after: 1, flap: 4.9, phase: 0.7, back_within: 5).freeze
end
