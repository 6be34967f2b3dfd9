# frozen_string_literal: true

module Bench
  # What the rounds of one scenario came to, by client.
  class Figures
    # How a metric is read from what a client has measured, and shown.
    READ = {
      cpu: ->(took) { took[:cpu] / took[:calls] * 1e6 },
      wall: ->(took) { took[:wall] / took[:calls] * 1e6 },
      rate: ->(took) { took[:calls] / took[:wall] },
      p99: ->(took) { took[:p99] * 1000 },
      p50: ->(took) { took[:p50] * 1000 },
      requests: ->(took) { took[:requests] },
      paid: ->(took) { took[:paid] },
      memory: ->(took) { took[:memory_kib] * 1.024 / took[:calls] }
    }.freeze
    UNIT = { cpu: "µs of CPU a call", wall: "µs a call", rate: "answers a second", memory: "KB a call",
             p99: "ms, 99th percentile", p50: "ms, median", requests: "requests a call",
             paid: "charged, of the answers' cost" }.freeze
    # Metrics that are shown with others.
    TOGETHER = { wall: %i[wall cpu], p99: %i[p99 p50 requests paid] }.freeze
    private_constant :READ, :UNIT, :TOGETHER

    # @return [Scenario]
    attr_reader :scenario

    def initialize(scenario)
      @scenario = scenario
      @took = Hash.new { |all, name| all[name] = [] }
    end

    def add(name, took)
      @took[name] << took
    end

    # @return [Array<String>] the clients
    def names = @took.keys

    # @return [Hash{String => Proc}] what is shown of each client: its name, and how it is read
    def columns
      measured = TOGETHER.fetch(scenario.metric) { [scenario.metric] }
      @columns ||= { **measured.to_h { |metric| [UNIT.fetch(metric), READ.fetch(metric)] }, **beside }
    end

    # @param column [String]
    def values(name, column = columns.keys.first)
      @took.fetch(name).map(&columns.fetch(column))
    end

    def median(name, column = columns.keys.first) = middle(values(name, column))

    # @return [Float, nil] how many times the other's
    def ratio(name, other)
      @took.key?(other) ? median(name) / median(other) : nil
    end

    # @return [Array<Array(String, Float, String, Boolean)>] what was aimed at: what, how it came out, the aim, and
    #   whether it is met
    def goals
      ratios + checks
    end

    private

    # Whom the aims are of.
    def subject = scenario.clients.first

    # Beside the metric, where something is aimed at.
    def beside
      aims = scenario.checks || {}
      ideal = aims[:ideal] / scenario.job[:threads] if aims[:ideal]
      { "share of the ideal rate" => (->(took) { took[:calls] / took[:wall] * ideal } if ideal),
        "seconds in all" => (->(took) { took[:wall] } if aims[:most_seconds]) }.compact
    end

    def ratios
      known = scenario.goals.select { |other,| @took.key?(other) && @took.key?(subject) }
      known.map do |other, goal|
        least = scenario.metric == :rate
        judged("against #{other}", ratio(subject, other), goal, least: least, unit: "×")
      end
    end

    def checks
      aims = scenario.checks || {}
      [least("share of the ideal rate", aims[:least]), most("KB a call", aims[:most_kb]),
       most("seconds in all", aims[:most_seconds])].compact
    end

    def least(column, goal)
      judged(column, median(subject, column), goal, least: true) if goal
    end

    def most(column, goal)
      judged(column, median(subject, column), goal, least: false) if goal
    end

    def judged(what, value, goal, least:, unit: "")
      [what, value, "#{least ? '≥' : '≤'} #{goal}#{unit}", least ? value >= goal : value <= goal]
    end

    def middle(values)
      sorted = values.sort
      (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2.0
    end
  end
end
