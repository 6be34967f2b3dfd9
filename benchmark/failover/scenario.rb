# frozen_string_literal: true

require_relative "../../spec/support/stalls"
require_relative "conduct"

module Failover
  # What came of a scenario. +faults+: what is wrong, by the check's name; nil for what is well.
  Result = Struct.new(:name, :primary, :answers, :hops, :requests, :back, :faults, keyword_init: true) do
    # @return [Boolean]
    def ok? = faults.values.none?
  end

  # A way in which the primary fails, and what has to come of it.
  class Scenario
    # The scenarios of all files, in the order of the files.
    @makers = []

    class << self
      # @yieldparam profile [Profile]
      # @yieldreturn [Array<Scenario>]
      def define(&maker)
        @makers << maker
      end

      # @return [Array<Scenario>]
      def all(profile)
        @makers.flat_map { |maker| maker.call(profile) }.each { |scenario| scenario.profile = profile }
      end
    end

    attr_reader :name
    attr_writer :profile

    # @param name [String]
    # @param primary [String] what the primary does, in words
    # @param rung [Hash] options of the primary's candidate, and
    # @param backup [Hash] of the backup's
    # @param threads [Integer] that call at the same time
    # @param wants [Hash] what the first call must be: +:by+, who answers it, +:hops+, its reasons, +:requests+ at the
    #   primary, and +:error+
    # @yieldparam stage [Stage] to script the primary; returns seconds until the primary was back, if it knows
    def initialize(name, primary, rung: {}, backup: {}, threads: 1, wants: {}, &play)
      @name = name
      @primary = primary
      @rung = rung
      @backup = backup
      @threads = threads
      @wants = wants
      @play = play
    end

    # Is played again if the machine stood still meanwhile, for its seconds then say nothing.
    # @return [Result]
    def run
      result = nil
      Stalls.outlive { (result = play).ok? }
      result
    end

    private

    def play
      Stage.open(@profile, [@rung, @backup]) do |stage|
        stage.primary.answer("primary", cost_usd: "0.002")
        stage.backup.answer("backup", cost_usd: "0.003")
        back = @play.call(stage)
        back = first_call(stage) unless back.is_a?(Float)
        result(stage, back)
      end
    end

    # One call while the primary fails, and then until it answers.
    def first_call(stage)
      stage.call
      @requests = stage.primary.requests.size
      stage.await_primary
    end

    def result(stage, back)
      outcomes = stage.outcomes
      conduct = Conduct.new(stage, rung: @rung, threads: @threads, back: back)
      Result.new(name: @name, primary: @primary, answers: outcomes.map(&:answered_by).tally,
                 hops: outcomes.flat_map(&:hops).map(&:why).tally, back: back,
                 requests: [stage.primary, stage.backup].map { |gateway| gateway.requests.size },
                 faults: { "outcome" => stage.complaints.first || wrong(outcomes), **conduct.faults })
    end

    def wrong(outcomes)
      first = outcomes.first
      found = { by: first.answered_by, hops: first.hops.map(&:reason), requests: @requests, error: first.error&.class }
      unanswered = outcomes.drop(@wants.key?(:error) ? 1 : 0).count { |outcome| outcome.answered_by == :nobody }
      return "#{unanswered} calls were not answered" if unanswered.positive?

      found = found.slice(*@wants.keys)
      "#{found}, where #{@wants} was to be" if found != @wants
    end
  end
end
