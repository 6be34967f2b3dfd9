# frozen_string_literal: true

require_relative "../table"

module Soak
  class Reckoning
    # Some lines of the table.
    class Part
      # @param books [Books]
      # @param faults [Float]
      def initialize(books, faults:)
        @books = books
        @faults = faults
      end

      private

      attr_reader :books, :faults

      def row(name, value, wrong = [])
        Row.new(name, value.to_s, wrong)
      end

      # @return [Array<String>] the complaint, where there is one
      def complain(text, is_wrong)
        is_wrong ? [text] : []
      end

      def percent(part, whole)
        whole.zero? ? "none" : format("%.2f %%", 100.0 * part / whole)
      end
    end
  end
end
