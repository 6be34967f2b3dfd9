# frozen_string_literal: true

require "logger"
require "stringio"
require_relative "../../spec/support/charging_budget"
require_relative "observer"

module Failover
  # What became of a call: its answer or its error, and when, in seconds of the monotonic clock.
  Outcome = Struct.new(:number, :response, :error, :ended_at) do
    # @return [Array<LlmRouter::Hop>]
    def hops = (response || error).hops

    # @return [Symbol] +:primary+, +:backup+ or +:nobody+
    def answered_by
      response ? response.endpoint.to_sym : :nobody
    end
  end

  # Two gateways on loopback, each an endpoint with one model, and a router whose chain they are.
  class Stage
    PRIMARY = "anthropic/claude-sonnet-4.5"
    BACKUP = "google/gemini-2.5-flash"
    # The header that says which call a request belongs to.
    HEADER = "X-Failover-Call"
    MESSAGES = [{ role: "user", content: "Hi" }].freeze

    # @return [LlmRouter::Testing::Gateway]
    attr_reader :primary, :backup
    # @return [Support::ChargingBudget]
    attr_reader :budget
    # @return [Observer] what the router logged and published
    attr_reader :observer
    # @return [Profile]
    attr_reader :profile
    # @return [Array<String>] what a scenario found to be wrong
    attr_reader :complaints

    # @param rungs [Array(Hash, Hash)] options of the two candidates
    # @yieldparam stage [Stage]
    def self.open(profile, rungs)
      gateways = Array.new(2) { LlmRouter::Testing::Gateway.start }
      stage = new(profile, rungs, *gateways)
      stage.observer.observe { yield stage }
    ensure
      gateways&.each(&:stop)
    end

    def initialize(profile, rungs, primary, backup)
      @profile = profile
      @primary = primary
      @backup = backup
      @observer = Observer.new
      @budget = Support::ChargingBudget.new
      @outcomes = Queue.new
      @complaints = []
      @numbers = 0
      @lock = Mutex.new
      configure(*rungs)
      @router = LlmRouter.new(chain: :failover, budget: @budget)
    end

    # @return [Outcome]
    def call
      number = @lock.synchronize { @numbers += 1 }
      outcome = Outcome.new(number, *answer(number), now)
      @outcomes << outcome
      outcome
    end

    # @return [Array<Outcome>] so far
    def outcomes
      Array.new(@outcomes.size) { @outcomes.pop.tap { |outcome| @outcomes << outcome } }.sort_by(&:number)
    end

    # Calls until the primary answers.
    # @return [Float] seconds that it took, at most {Profile#back_within} and the time of a call
    def await_primary
      began = now
      sleep(0.05) until call.answered_by == :primary || now - began > profile.back_within
      now - began
    end

    # @param fault [String]
    def complain(fault)
      @complaints << fault
    end

    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    private

    def answer(number)
      [@router.call(messages: MESSAGES, max_tokens: 100, headers: { HEADER => number.to_s }), nil]
    rescue LlmRouter::Error => e
      [nil, e]
    end

    def configure(first, last)
      LlmRouter.reset_health!
      LlmRouter.configure do |config|
        config.logger = observer.logger
        config.price_ttl = nil
        profile.settings.each { |name, value| config.public_send(:"#{name}=", value) }
        { primary: primary, backup: backup }.each do |name, gateway|
          config.endpoint name, base_url: gateway.base_url, api_key: gateway.api_key
        end
        config.chain :failover, [{ model: PRIMARY, endpoint: :primary, **first },
                                 { model: BACKUP, endpoint: :backup, **last }]
      end
    end
  end
end
