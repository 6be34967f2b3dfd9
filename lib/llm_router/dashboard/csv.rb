# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Writes CSV that a spreadsheet can open: no cell becomes a formula.
    # @api private
    module Csv
      # What begins a formula, in some spreadsheet, behind what some skip. A number may be negative.
      FORMULA = /\A(?:[\t\r\n]|[[:space:]\p{Cc}\p{Cf}"'`]*[=+\-@|%＝＋－＠])/
      # The same behind what ends a cell for another country's spreadsheet.
      INNER = /(?<=[^[:space:]])([;\t\r\n][[:space:]\p{Cc}\p{Cf}"'`]*)(?=[=+\-@|%＝＋－＠])/
      NUMBER = /\A-?\d+(?:\.\d+)?\z/
      private_constant :FORMULA, :INNER, :NUMBER

      module_function

      # @param header [Array<String>]
      # @param rows [Array<Array>]
      # @return [String]
      def write(header, rows)
        [header, *rows].map { |row| "#{row.map { |value| cell(value) }.join(',')}\r\n" }.join
      end

      def cell(value)
        text = case value
               when BigDecimal then value.to_s("F")
               when Time, DateTime then value.utc.iso8601(6)
               else value.to_s.scrub
               end
        text = text.gsub(INNER, "\\1'")
        text = "'#{text}" if text.match?(FORMULA) && !text.match?(NUMBER)
        "\"#{text.gsub('"', '""')}\""
      end
    end
  end
end
