# frozen_string_literal: true

# A program: see bin/bench.
require_relative "bench/client"
require_relative "bench/install"
require_relative "bench/report"
require_relative "bench/results"
require_relative "bench/start"
require_relative "bench/stub"

# The whole of it.
module Bench
  RUBY = RUBY_VERSION[/\d+\.\d+/]
  ROUNDS = 3
  private_constant :RUBY, :ROUNDS

  module_function

  # All scenarios, and writes down what came of them.
  def whole
    results = Results.new(RUBY)
    said = compare(scenarios(ruby: RUBY), rounds: ROUNDS, judges: true) { Install.goals }
    results.write(said.join("\n\n"))
  end

  def some(ids, quick:)
    chosen = scenarios(ruby: RUBY, quick: quick).select { |scenario| ids.empty? || ids.include?(scenario.id) }
    compare(chosen, rounds: quick ? 1 : ROUNDS, judges: !quick)
  end

  # @yieldreturn [Array] what else it takes to have a router, as {Figures#goals}
  def compare(scenarios, rounds:, judges:)
    clients = [RAW, *scenarios.flat_map(&:clients)].uniq.map { |name| Client.named(name) }
    report = Report.new(clients, rounds, judges: judges)
    said = [say(report.machine)]
    Stub.open do |url|
      scenarios.each do |scenario|
        said << say(report.scenario(measure(scenario, clients.select(&:version), url, rounds)))
      end
    end
    said << say(report.start([*Start.goals(rounds), *(yield if block_given?)]))
  end

  # One after the other, so that what disturbs the machine disturbs them all.
  def measure(scenario, clients, url, rounds)
    figures = Figures.new(scenario)
    names = scenario.clients | scenario.references
    rounds.times do |round|
      taking_part = clients.select { |client| names.include?(client.name) }.rotate(round)
      taking_part.each { |client| figures.add(client.name, client.measure(scenario, url)) }
    end
    figures
  end

  # As soon as it is known, for the whole takes its time.
  def say(text)
    puts text, ""
    $stdout.flush
    text
  end
end

quick = ARGV.delete("--quick")
quick || ARGV.any? ? Bench.some(ARGV, quick: !quick.nil?) : Bench.whole
