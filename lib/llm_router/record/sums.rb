# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Sums of columns of some rows of +llm_call_stats+.
    # @api private
    class Sums
      GROUPS = %i[outcome model feature].freeze
      # Where SQLite's text of an amount has its dollars, and then ten decimals each: SQLite would add Floats.
      PARTS = [[1, 20], [22, 10], [32, 10], [42, 10]].freeze
      private_constant :GROUPS, :PARTS

      # @return [ActiveRecord::Relation]
      attr_reader :relation

      # @param relation [ActiveRecord::Relation]
      def initialize(relation)
        @relation = relation
      end

      # @param column [Symbol] a count
      # @param conditions [Hash]
      # @return [Integer]
      def of(column, **conditions)
        by(:outcome, column, **conditions).values.sum
      end

      # @param group [Symbol] outcome, model or feature
      # @param column [Symbol] a count
      # @return [Hash{String => Integer}]
      def by(group, column, **conditions)
        rows = groups.select { |key, _| conditions.all? { |name, wanted| Array(wanted).include?(key[name]) } }
        rows.each_with_object(Hash.new(0)) { |(key, counts), sums| sums[key[group]] += counts.fetch(column) }
      end

      # @param column [Symbol] in US dollars
      # @return [BigDecimal]
      def money(column, **conditions)
        rows = @relation.where(conditions)
        return BigDecimal(rows.sum(column).to_s) unless Database::Usd.text?(Stat.model)

        parts = rows.pick(*PARTS.map { |from, length| sum("CAST(substr(#{column}, #{from}, #{length}) AS INTEGER)") })
        parts.each_with_index.sum(BigDecimal(0)) { |part, at| BigDecimal(part.to_i) / (BigDecimal(10)**(10 * at)) }
      end

      private

      # One reading of the table, for all counts.
      # @return [Array<Array(Hash, Hash)>] keys, and counts by column
      def groups
        @groups ||= begin
          sums = Columns::COUNTS.map { |column| sum(column) }
          @relation.group(*GROUPS).pluck(*GROUPS, *sums).map do |row|
            [GROUPS.zip(row).to_h, Columns::COUNTS.zip(row.drop(GROUPS.size).map(&:to_i)).to_h]
          end
        end
      end

      def sum(expression)
        Arel.sql("SUM(#{expression})")
      end
    end
  end
end
