# frozen_string_literal: true

# What a run skips, by the reason given: printed by bin/specs, and no more than spec/skips names for this Debian.
module Skips
  NAMED = File.expand_path("../skips", __dir__)
  RELEASE = "/etc/os-release"

  class << self
    # Each of the processes of a run adds its own.
    def note(examples, file)
      reasons = examples.select(&:skipped?).map { |example| "#{example.execution_result.pending_message}\n" }
      File.write(file, reasons.join, mode: "a")
    end

    # @return [Boolean] whether no more is skipped than is named
    def bounded?(file, named: File.readlines(NAMED, chomp: true), suite: this_suite)
      skipped = File.readlines(file, chomp: true).tally
      puts "\n#{skipped.values.sum} skipped"
      skipped.each { |reason, count| puts "  #{count} #{reason}" }
      allowed = allowed(named, suite) or return true
      more = skipped.select { |reason, count| count > allowed.fetch(reason, 0) }
      more.each_key { |reason| puts "More than spec/skips names for #{suite}: #{reason}" }
      more.empty?
    end

    private

    # @return [Hash{String => Integer}, nil] nil for a system that spec/skips does not know
    def allowed(named, suite)
      lines = named.map { |line| line.split(" ", 3) }.select { |of, _, _| of == suite }
      lines.to_h { |_, count, reason| [reason, count.to_i] } if lines.any?
    end

    def this_suite
      File.read(RELEASE)[/^VERSION_CODENAME=(\w+)/, 1] if File.exist?(RELEASE)
    end
  end
end
