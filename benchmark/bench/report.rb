# frozen_string_literal: true

require "etc"
require_relative "figures"
require_relative "scenarios"

module Bench
  # The tables, in Markdown.
  class Report
    REFERENCES = [RAW, NET_HTTP, FARADAY].freeze
    private_constant :REFERENCES

    # @param clients [Array<Client>]
    # @param judges [Boolean] whether it is told what was aimed at, and whether that is met
    def initialize(clients, rounds, judges: true)
      @clients = clients
      @rounds = rounds
      @judges = judges
    end

    # @param figures [Figures]
    # @return [String]
    def scenario(figures)
      scenario = figures.scenario
      ["### #{scenario.id}: #{scenario.title}#{' (pinned)' if scenario.pinned}", "",
       line("client", Figures::UNIT.fetch(scenario.metric), "least to most", *REFERENCES.map { |name| "× #{name}" }),
       line("---", *Array.new(2 + REFERENCES.size, "--:")),
       *figures.names.map { |name| row(figures, name) }, *aims(figures.goals)].join("\n")
    end

    # @param goals [Array] as {Figures#goals}
    # @return [String]
    def start(goals)
      ["### To have one at all", *aims(goals)].join("\n")
    end

    # @return [String]
    def machine
      cpu = File.read("/proc/cpuinfo")[/^model name\s*: (.*)/, 1]
      system = Etc.uname.values_at(:sysname, :release).join(" ")
      versions = ["Ruby #{RUBY_VERSION}", `rustc --version`[/\S+ \S+/], *@clients.filter_map(&:version).uniq]
      "#{Time.now.utc.strftime('%Y-%m-%d')}: #{cpu}, #{Etc.nprocessors} cores, #{system}; #{versions.join(', ')}. " \
        "Rounds: #{@rounds}, of which the median counts; the clients took turns."
    end

    private

    def aims(goals)
      return goals.map { |what, value,| "- #{what}: #{number(value)}" }.unshift("") unless @judges

      goals.map { |what, value, goal, met| "- #{what}: **#{number(value)}** (aim #{goal}): #{met ? 'met' : 'MISSED'}" }
           .unshift("")
    end

    def row(figures, name)
      values = figures.values(name)
      ratios = REFERENCES.map { |other| figures.ratio(name, other)&.then { |ratio| format("%.2f", ratio) } }
      line(name, number(figures.median(name)), "#{number(values.min)} to #{number(values.max)}", *ratios)
    end

    def line(*cells)
      "| #{cells.join(' | ')} |"
    end

    def number(value)
      format(value < 10 ? "%.2f" : "%.0f", value)
    end
  end
end
