# frozen_string_literal: true

require_relative "books"
require_relative "reckoning/calls"
require_relative "reckoning/hops"
require_relative "reckoning/lives"
require_relative "reckoning/machine"
require_relative "reckoning/money"
require_relative "table"

module Soak
  # What came of a run, by what was written down in it, line for line.
  class Reckoning
    PARTS = [Calls, Hops, Money, Lives, Machine].freeze
    private_constant :PARTS

    # @param directory [String] as {Books} reads it
    # @param options [Options] of the run
    def initialize(directory, options)
      @books = Books.new(directory)
      @options = options
    end

    # @return [Table]
    def table
      Table.new(PARTS.flat_map { |part| part.new(@books, @options).rows })
    end
  end
end
