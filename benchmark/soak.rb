# frozen_string_literal: true

# Processes and threads call a gateway that fails in every way there is, bills in a ledger of its own, and is killed
# and started again, as some of the processes are. Ends with one table, and with status 1 where a line of it failed.
# All of it on this machine only.

require "fileutils"
require "tmpdir"
require_relative "soak/options"
require_relative "soak/evaluation"
require_relative "soak/run"

abort "bin/soak reads /proc, which only Linux has" unless File.directory?("/proc/self/fd")

options = begin
  Soak::Options.parse(ARGV)
rescue OptionParser::ParseError => e
  abort "#{e.message}\n#{Soak::Options.default.parser.help}"
end

directory = Dir.mktmpdir("llm_router-soak")
puts "#{options.seconds.round} s, #{options.processes} processes x #{options.threads} threads, " \
     "#{(options.faults * 100).round} % of the requests fail, seed #{options.seed}"
$stdout.sync = true
Soak::Run.new(directory, options) { |seconds| puts "  #{seconds} s" }.run
table = Soak::Evaluation.new(directory, options).table
puts table
FileUtils.rm_rf(directory) if table.ok?
abort "FAILED. What was written down is in #{directory}" unless table.ok?
puts "All is well."
