# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Sums of columns of some rows of +llm_call_stats+.
    # @api private
    class Sums
      # @return [ActiveRecord::Relation]
      attr_reader :relation

      # @param relation [ActiveRecord::Relation]
      def initialize(relation)
        @relation = relation
        @totals = {}
      end

      # @param column [Symbol] a count
      # @param conditions [Hash]
      # @return [Integer]
      def of(column, **conditions)
        by(:outcome, column, **conditions).values.sum
      end

      # @param group [Symbol] a column of the key
      # @param column [Symbol] a count
      # @return [Hash{String => Integer}]
      def by(group, column, **conditions)
        totals = @totals[[group, conditions]] ||= read(group, conditions)
        totals.transform_values { |sums| sums[Columns::COUNTS.index(column)] }
      end

      # SQLite would add Floats, so there the rows come one by one.
      # @param column [Symbol] in US dollars
      # @return [BigDecimal]
      def money(column, **conditions)
        rows = @relation.where(conditions)
        amounts = Budget::Usd.text?(Stat.model) ? rows.pluck(column) : [rows.sum(column)]
        amounts.sum(BigDecimal(0)) { |usd| BigDecimal(usd.to_s) }
      end

      private

      def read(group, conditions)
        sums = Columns::COUNTS.map { |column| Arel.sql("SUM(#{column})") }
        rows = @relation.where(conditions).group(group).pluck(group, *sums)
        rows.to_h { |name, *counts| [name, counts.map(&:to_i)] }
      end
    end
  end
end
