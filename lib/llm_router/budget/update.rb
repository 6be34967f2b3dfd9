# frozen_string_literal: true

class LlmRouter
  module Budget
    # The statement that books a cost on rows of one table, and turns their periods with it.
    # @api private
    class Update
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param model [Class]
      def initialize(connection, model)
        @connection = connection
        @model = model
      end

      # @param ids [Array]
      # @param usd [BigDecimal]
      # @param starts [Hash{String => Date}] when the periods that are running now began
      # @return [String] an UPDATE of all these rows, or of none if one is missing
      def sql(ids, usd, starts)
        keys = ids.map { |id| @connection.quote(id) }.join(", ")
        rows = "#{column(@model.primary_key)} IN (#{keys})"
        # MySQL assigns from left to right: the period comes after what asks for it.
        <<~SQL.squish
          UPDATE #{table} SET #{assignments(usd, current_start(starts)).join(', ')} WHERE #{rows}
          #{"AND (SELECT COUNT(*) FROM #{table} WHERE #{rows}) = #{ids.size}" if ids.many?}
        SQL
      end

      private

      def assignments(usd, start)
        over = "#{column('period_started_on')} < #{start}"
        ["#{column('spent_usd')} = CASE WHEN #{over} THEN #{amount(usd)} ELSE #{sum(usd)} END",
         "#{column('period_started_on')} = CASE WHEN #{over} THEN #{start} ELSE #{column('period_started_on')} END",
         touch].compact
      end

      # As the row says, not as somebody loaded it.
      def current_start(starts)
        cases = starts.map { |name, date| "WHEN #{@connection.quote(name)} THEN #{@connection.quote(date)}" }
        "CASE #{column('period')} #{cases.join(' ')} ELSE #{column('period_started_on')} END"
      end

      def sum(usd)
        sqlite? ? SqliteSum.sql(column("spent_usd"), usd) : "#{column('spent_usd')} + #{amount(usd)}"
      end

      def amount(usd)
        @connection.quote(sqlite? ? Usd.text(usd) : usd)
      end

      def touch
        return unless @model.column_names.include?("updated_at")

        "#{column('updated_at')} = #{@connection.quote(@model.type_for_attribute('updated_at').serialize(Time.now))}"
      end

      def sqlite?
        OwnConnection.sqlite?(@model.connection_pool)
      end

      def table
        @connection.quote_table_name(@model.table_name)
      end

      def column(name)
        @connection.quote_column_name(name)
      end
    end
  end
end
