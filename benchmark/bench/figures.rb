# frozen_string_literal: true

module Bench
  # What the rounds of one scenario came to, by client.
  class Figures
    # How a metric is read from what a client has measured, and shown.
    READ = {
      cpu: ->(took) { took[:cpu] / took[:calls] * 1e6 },
      rate: ->(took) { took[:calls] / took[:wall] },
      memory: ->(took) { took[:memory_kib].to_f / took[:calls] }
    }.freeze
    UNIT = { cpu: "µs of CPU a call", rate: "answers a second", memory: "KiB a call" }.freeze
    private_constant :READ

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

    def values(name) = @took.fetch(name).map(&READ.fetch(scenario.metric))

    def median(name) = middle(values(name))

    def wall(name) = middle(@took.fetch(name).map { |took| took[:wall] })

    # @return [Float] calls a second
    def rate(name) = middle(@took.fetch(name).map { |took| took[:calls] / took[:wall] })

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

    def ratios
      known = scenario.goals.select { |other,| @took.key?(other) }
      known.map do |other, goal|
        ratio = ratio("llm_router", other)
        least = scenario.metric == :rate
        ["against #{other}", ratio, "#{least ? '≥' : '≤'} #{goal}×", least ? ratio >= goal : ratio <= goal]
      end
    end

    def checks
      aims = scenario.checks || {}
      [of_ideal(aims), most("KiB a call", median("llm_router"), aims[:most_kib]),
       most("seconds in all", wall("llm_router"), aims[:most_seconds])].compact
    end

    def of_ideal(aims)
      return unless aims[:ideal]

      share = rate("llm_router") * aims[:ideal] / scenario.job[:threads]
      ["share of the ideal rate", share, "≥ #{aims[:least]}", share >= aims[:least]]
    end

    def most(what, value, goal)
      [what, value, "≤ #{goal}", value <= goal] if goal
    end

    def middle(values)
      sorted = values.sort
      (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2.0
    end
  end
end
