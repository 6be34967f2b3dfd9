# frozen_string_literal: true

require_relative "run_record"
require_relative "evaluation/calls"
require_relative "evaluation/hops"
require_relative "evaluation/lives"
require_relative "evaluation/machine"
require_relative "evaluation/money"
require_relative "evaluation/caps"
require_relative "evaluation/outage"
require_relative "evaluation/recorded"
require_relative "evaluation/rows"
require_relative "table"
require_relative "tables"

module Soak
  # What came of a run, by what was written down in it, line for line.
  class Evaluation
    PARTS = [Calls, Hops, Money, Lives, Machine].freeze
    ROWS = [Rows, Caps, Outage, Recorded].freeze
    private_constant :PARTS, :ROWS

    # @param directory [String] as {RunRecord} reads it
    # @param options [Options] of the run
    def initialize(directory, options)
      @record = RunRecord.new(directory)
      @options = options
      @tables = Tables.new(directory) if options.budget
    end

    # @return [Table]
    def table
      rows = @tables ? ROWS.flat_map { |part| part.new(@record, @options, @tables).rows } : []
      Table.new(PARTS.flat_map { |part| part.new(@record, @options).rows } + rows)
    end
  end
end
