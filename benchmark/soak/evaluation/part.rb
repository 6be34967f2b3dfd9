# frozen_string_literal: true

require "bigdecimal"
require_relative "../table"

module Soak
  class Evaluation
    # Some lines of the table.
    class Part
      # @param record [RunRecord]
      # @param options [Options] of the run
      # @param tables [Tables, nil] where the budgets are rows
      def initialize(record, options, tables = nil)
        @record = record
        @options = options
        @tables = tables
      end

      private

      attr_reader :record, :options, :tables

      # @param values [Array<Object>] one or two figures
      # @param wrong [Array<String>] complaints
      def row(name, *values, wrong: [])
        Row.new(name, values.join(", "), wrong)
      end

      # @return [Array<String>] the complaint, where there is one
      def complain(text, is_wrong)
        is_wrong ? [text] : []
      end

      def percent(part, whole)
        whole.zero? ? "none" : format("%.2f %%", 100.0 * part / whole)
      end

      def sum(amounts)
        amounts.sum(BigDecimal(0))
      end
    end
  end
end
