# frozen_string_literal: true

require "etc"
require_relative "figures"
require_relative "scenarios"

module Bench
  # The tables, in Markdown.
  class Report
    # @param clients [Array<Client>] those that are installed, and those that are not
    # @param judges [Boolean] whether it shows each goal, and whether it is met
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
       *head(figures.columns.keys.flat_map { |column| [column, "least to most"] }, scenario.references),
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
        "#{missing}Rounds: #{@rounds}, of which the median counts; the clients took turns."
    end

    private

    def missing
      names = @clients.reject(&:version).map(&:name)
      "Not installed, and left out: #{names.join(', ')}. " if names.any?
    end

    def aims(goals)
      return goals.map { |what, value,| "- #{what}: #{number(value)}" }.unshift("") unless @judges

      goals.map { |what, value, goal, met| "- #{what}: **#{number(value)}** (aim #{goal}): #{met ? 'met' : 'MISSED'}" }
           .unshift("")
    end

    def head(columns, references)
      columns += references.map { |name| "× #{name}" }
      [line("client", *columns), line("---", *columns.map { "--:" })]
    end

    def row(figures, name)
      columns = figures.columns.keys.flat_map do |column|
        ends = figures.values(name, column).minmax.map { |value| number(value) }
        [number(figures.median(name, column)), ends.join(" to ")]
      end
      line(name, *columns, *figures.scenario.references.map { |other| ratio(figures, name, other) })
    end

    def ratio(figures, name, other)
      figures.ratio(name, other)&.then { |ratio| number(ratio) }
    end

    def line(*cells)
      "| #{cells.join(' | ')} |"
    end

    # Three digits that count, for some of what is aimed at is close.
    def number(value)
      before = value < 1 ? 0 : value.to_i.digits.size
      format("%.*f", [3 - before, 0].max, value)
    end
  end
end
