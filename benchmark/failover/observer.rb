# frozen_string_literal: true

module Failover
  # A cooldown of the primary: when it was heard of, and how long it was to be from then on, in seconds.
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
          @cooldowns << cooldown(payload) if name == "cooldown.llm_router"
        end
      end
      ActiveSupport::Notifications.subscribed(keep, /\A(?:call|cooldown)\.llm_router\z/, &)
    end

    # @return [String]
    def log = @log.string

    private

    # On a busy machine an event may come late, when a part of the cooldown is over.
    def cooldown(payload)
      health = LlmRouter.health.find { |known| known.model == payload[:"gen_ai.request.model"] }
      Cooldown.new(now, health.state == :cooling_down ? health.next_probe_at - Time.now : 0)
    end

    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
