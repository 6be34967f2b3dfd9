# frozen_string_literal: true

# Plays how a primary fails, as benchmarks of gateways do, as far as answers are not streamed. Real HTTP on loopback.
# Prints a table, and ends with status 1 if a scenario failed.

require "optparse"
require "llm_router"
require "llm_router/notifications"
require "llm_router/testing/gateway"
require_relative "failover/profile"
require_relative "failover/scenario"
require_relative "failover/answers"
require_relative "failover/silences"
require_relative "failover/rejections"
require_relative "failover/outages"
require_relative "failover/accounting"
require_relative "failover/table"

profile = Failover::FULL
only = nil
parser = OptionParser.new("usage: bin/failover [options]") do |options|
  options.on("--quick", "in seconds, with shorter time limits") { profile = Failover::QUICK }
  options.on("--only WORDS", "the scenarios whose name has these words") { |words| only = words }
end
begin
  parser.parse!(ARGV)
rescue OptionParser::ParseError => e
  abort "#{e.message}\n#{parser.help}"
end

scenarios = Failover::Scenario.all(profile).select { |scenario| only.nil? || scenario.name.include?(only) }
abort "no scenario has #{only.inspect} in its name" if scenarios.empty?
results = scenarios.map do |scenario|
  warn "#{scenario.name} …" if $stderr.tty?
  scenario.run
end
table = Failover::Table.new(results)
puts table
abort table.failures unless table.ok?
