# frozen_string_literal: true

module Soak
  # One line of what came of a run.
  #
  # @!attribute [r] name
  #   @return [String]
  # @!attribute [r] value
  #   @return [String]
  # @!attribute [r] wrong
  #   @return [Array<String>] what is wrong with it
  Row = Struct.new(:name, :value, :wrong) do
    def ok?
      wrong.empty?
    end
  end

  # The lines, as they are printed.
  class Table
    # How many of many complaints are shown.
    SHOWN = 3
    private_constant :SHOWN

    # @param rows [Array<Row>]
    def initialize(rows)
      @rows = rows
    end

    # @return [Boolean]
    def ok?
      @rows.all?(&:ok?)
    end

    # @return [String]
    def to_s
      name, value = %i[name value].map { |column| @rows.map { |row| row[column].size }.max }
      @rows.map { |row| "#{row.name.ljust(name)}  #{row.value.rjust(value)}  #{verdict(row)}" }.join("\n")
    end

    private

    def verdict(row)
      return "ok" if row.ok?

      more = row.wrong.size - SHOWN
      "FAILED: #{row.wrong.first(SHOWN).join('; ')}#{"; and #{more} more" if more.positive?}"
    end
  end
end
