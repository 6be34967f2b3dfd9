# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Sums of columns of some rows of +llm_call_stats+, in one statement.
    # @api private
    class Sums
      GROUPS = %i[outcome model feature].freeze
      # What a {Report} adds up, besides +cost_usd+.
      COUNTS = [:calls, :troubled, :milliseconds, *Columns::HOPS.values_at(*Columns::FAILURES)].freeze
      # Where SQLite's text of an amount has its dollars, and then ten decimals each: SQLite would add Floats.
      PARTS = [[1, 20], [22, 10], [32, 10], [42, 10]].freeze
      private_constant :GROUPS, :COUNTS, :PARTS

      # @return [ActiveRecord::Relation]
      attr_reader :relation

      # @param relation [ActiveRecord::Relation]
      def initialize(relation)
        @relation = relation
      end

      # @param column [Symbol] one of {COUNTS}
      # @param conditions [Hash]
      # @return [Integer]
      def of(column, **conditions)
        by(:outcome, column, **conditions).values.sum
      end

      # @param group [Symbol] outcome, model or feature
      # @param column [Symbol] one of {COUNTS}
      # @return [Hash{String => Integer}]
      def by(group, column, **conditions)
        rows = groups.select { |key, _| conditions.all? { |name, wanted| Array(wanted).include?(key[name]) } }
        rows.each_with_object(Hash.new(0)) { |(key, sums), added| added[key[group]] += sums.fetch(column) }
      end

      # @return [BigDecimal] +cost_usd+
      def usd(**conditions)
        BigDecimal(of(:cost_usd, **conditions))
      end

      private

      # @return [Array<Array(Hash, Hash)>] keys, and sums by column
      def groups
        @groups ||= Database::OwnConnection.explained(Stat.model) do
          sums = [*COUNTS, *money].map { |expression| Arel.sql("SUM(#{expression})") }
          @relation.group(*GROUPS).pluck(*GROUPS, *sums).map do |row|
            key = GROUPS.zip(row.shift(GROUPS.size)).to_h
            [key, COUNTS.zip(row.shift(COUNTS.size).map(&:to_i)).to_h.merge!(cost_usd: dollars(row))]
          end
        end
      end

      def money
        return [:cost_usd] unless text?

        PARTS.map { |from, length| "CAST(substr(cost_usd, #{from}, #{length}) AS INTEGER)" }
      end

      def dollars(sums)
        return BigDecimal(sums.first.to_s) unless text?

        sums.each_with_index.sum(BigDecimal(0)) { |part, at| BigDecimal(part.to_i) / (BigDecimal(10)**(10 * at)) }
      end

      def text?
        Database::Usd.text?(Stat.model)
      end
    end
  end
end
