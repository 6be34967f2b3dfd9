# frozen_string_literal: true

module Failover
  # A cooldown of the primary: when it began, and how long it was to be, in seconds.
  Cooldown = Struct.new(:at, :seconds)

  # Keeps what the router logs and publishes while a block runs.
  class Observer
    # @return [Logger]
    attr_reader :logger
    # @return [Array<Cooldown>]
    attr_reader :cooldowns
    # @return [Array<LlmRouter::Hop>] of the events of calls
    attr_reader :hops

    def initialize
      @log = StringIO.new(+"")
      @logger = Logger.new(@log)
      @cooldowns = []
      @hops = []
      @lock = Mutex.new
    end

    # @return [Object] what the block returns
    def observe(&)
      keep = lambda do |name, *, payload|
        @lock.synchronize do
          @hops.concat(payload[:hops]) if name == "call.llm_router"
          @cooldowns << Cooldown.new(now, payload[:seconds]) if name == "cooldown.llm_router"
        end
      end
      ActiveSupport::Notifications.subscribed(keep, /\A(?:call|cooldown)\.llm_router\z/, &)
    end

    # @return [String]
    def log = @log.string

    private

    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
