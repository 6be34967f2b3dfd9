# frozen_string_literal: true

# A program: see bin/bench.
require_relative "bench/client"
require_relative "bench/install"
require_relative "bench/report"
require_relative "bench/start"
require_relative "bench/stub"

# The whole of it.
module Bench
  RESULTS = File.expand_path("RESULTS.md", __dir__)
  RUBY = RUBY_VERSION[/\d+\.\d+/]
  private_constant :RESULTS, :RUBY

  module_function

  def run(ids, quick:)
    rounds = quick ? 1 : 5
    whole = ids.empty? && !quick
    scenarios = scenarios(ruby: RUBY, quick: quick).select { |scenario| ids.empty? || ids.include?(scenario.id) }
    clients = clients_of(scenarios)
    report = Report.new(clients, rounds, judges: !quick)
    said = compare(scenarios, clients, rounds, report)
    said << say(report.start([*Start.goals(rounds), *(Install.goals if whole)]))
    write(said.join("\n\n")) if whole
  end

  def compare(scenarios, clients, rounds, report)
    said = [say(report.machine)]
    Stub.open do |url|
      scenarios.each { |scenario| said << say(report.scenario(measure(scenario, clients, url, rounds))) }
    end
    said
  end

  # Those that are installed. The others are named once.
  def clients_of(scenarios)
    wanted = [RAW, *scenarios.flat_map(&:clients)].uniq.map { |name| Client.named(name) }
    here, missing = wanted.partition(&:version)
    warn "not installed, and left out: #{missing.map(&:name).join(', ')}" if missing.any?
    here
  end

  # One after the other, so that what disturbs the machine disturbs them all.
  def measure(scenario, clients, url, rounds)
    figures = Figures.new(scenario)
    names = scenario.metric == :rate ? scenario.clients : [RAW, *scenario.clients]
    rounds.times do |round|
      taking_part = clients.select { |client| names.include?(client.name) }.rotate(round)
      taking_part.each { |client| figures.add(client.name, client.measure(scenario, url)) }
    end
    figures
  end

  # As soon as it is known, for the whole takes its time.
  def say(*lines)
    puts lines, ""
    $stdout.flush
    lines.join("\n")
  end

  # The part of this Ruby. What stands around it is written by hand.
  def write(text)
    page = File.read(RESULTS)
    marks = ["<!-- ruby #{RUBY} -->", "<!-- end of ruby #{RUBY} -->"]
    File.write(RESULTS, page.sub(/#{marks[0]}.*#{marks[1]}/m) { "#{marks[0]}\n#{text}\n#{marks[1]}" })
  end
end

quick = ARGV.delete("--quick")
Bench.run(ARGV, quick: !quick.nil?)
