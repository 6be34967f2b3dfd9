# frozen_string_literal: true

require_relative "scenario"

module Failover
  # The results as a table in Markdown, which can be read as it is.
  class Table
    COLUMNS = ["scenario", "the primary", "answered by", "hops", "requests to primary, backup", "back after", "checks",
               "result"].freeze
    private_constant :COLUMNS

    # @param results [Array<Result>]
    def initialize(results)
      @results = results
    end

    # @return [Boolean]
    def ok? = @results.all?(&:ok?)

    # @return [String]
    def to_s
      passed = "#{@results.count(&:ok?)} of #{@results.size} rows passed."
      [*lines([COLUMNS, *@results.map { |result| row(result) }]), "", *rules, "", passed].join("\n")
    end

    # @return [String]
    def failures
      @results.reject(&:ok?).flat_map do |result|
        result.faults.compact.map { |check, fault| "FAILED: #{result.name}, #{check}: #{fault}" }
      end.join("\n")
    end

    private

    def lines(rows)
      widths = rows.transpose.map { |cells| cells.map(&:length).max }
      head, *body = rows.map { |cells| "| #{cells.zip(widths).map { |cell, width| cell.ljust(width) }.join(' | ')} |" }
      [head, "|#{widths.map { |width| '-' * (width + 2) }.join('|')}|", *body]
    end

    def row(result)
      [result.name, result.primary, counts(result.answers), counts(result.hops), result.requests.join(", "),
       format("%.1f s", result.back), checks(result.faults), result.ok? ? "pass" : "FAIL"]
    end

    def checks(faults)
      wrong = faults.compact
      wrong.empty? ? "#{faults.size} of #{faults.size}" : "not #{wrong.keys.join(', ')}"
    end

    def counts(counted)
      counted.map { |name, count| "#{name} ×#{count}" }.join(", ")
    end

    def rules
      ["Checks:", "- outcome: the first call ends as this scenario wants it to, and every later one is answered",
       *Conduct::RULES.map { |name, rule| "- #{name}: #{rule}" }]
    end
  end
end
