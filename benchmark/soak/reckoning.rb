# frozen_string_literal: true

require_relative "books"
require_relative "reckoning/calls"
require_relative "reckoning/hops"
require_relative "reckoning/lives"
require_relative "reckoning/machine"
require_relative "reckoning/money"
require_relative "reckoning/caps"
require_relative "reckoning/outage"
require_relative "reckoning/rows"
require_relative "table"
require_relative "tables"

module Soak
  # What came of a run, by what was written down in it, line for line.
  class Reckoning
    PARTS = [Calls, Hops, Money, Lives, Machine].freeze
    ROWS = [Rows, Caps, Outage].freeze
    private_constant :PARTS, :ROWS

    # @param directory [String] as {Books} reads it
    # @param options [Options] of the run
    def initialize(directory, options)
      @books = Books.new(directory)
      @options = options
      @tables = Tables.new(directory) if options.budget
    end

    # @return [Table]
    def table
      rows = @tables ? ROWS.flat_map { |part| part.new(@books, @options, @tables).rows } : []
      Table.new(PARTS.flat_map { |part| part.new(@books, @options).rows } + rows)
    end
  end
end
