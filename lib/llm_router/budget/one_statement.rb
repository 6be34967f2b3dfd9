# frozen_string_literal: true

class LlmRouter
  module Budget
    # Reserves, settles or releases in one statement of PostgreSQL, for all rows or for none. It does only what
    # needs no thought; where it does nothing, a {Transaction} decides.
    # @api private
    class OneStatement
      # The transaction finds out what to do about these.
      UNSURE = [ActiveRecord::RecordNotUnique, ActiveRecord::Deadlocked, ActiveRecord::SerializationFailure].freeze
      private_constant :UNSURE

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param budgets [Array<Budget>]
      def initialize(connection, budgets)
        @connection = connection
        @budgets = budgets
        @model = budgets.first.class
        @ids = budgets.map(&:id)
      end

      # @return [Boolean] for different rows of one table; not in a test's own transaction, which an error would end
      def possible?
        return false unless @connection.adapter_name == "PostgreSQL" && @connection.open_transactions.zero?

        @ids.one? || (@ids.uniq.size == @ids.size && @budgets.uniq { |budget| budget.class.table_name }.one?)
      end

      # @param columns [Hash] of the reservation
      # @param caps [Array<BigDecimal, nil>] in US dollars, for rows that have none of their own
      # @return [Hash{Array => Hash}, nil] what the rows say now; nil where nothing was reserved
      def reserve(columns, caps)
        run(:reserve, columns.values_at(*StatementSql::RESERVATION) + periods + @ids + caps)
      end

      # @param columns [Hash] of the charge
      # @return [Hash{Array => Hash}, nil] what the rows say now; nil where nothing was settled
      def settle(columns)
        run(:settle, columns.values_at(*StatementSql::CHARGE) + periods + @ids)
      end

      # @return [Hash{Array => Hash}, nil] what the rows say now; nil where nothing was released
      def release(attempt_id, now)
        run(:release, [attempt_id, now] + periods + @ids)
      end

      private

      def run(act, values)
        sql = @model.ledger_statements[[act, @model.table_name, @ids.size]] ||=
          StatementSql.new(@connection, @model, @ids.size).public_send(act).squish
        rows = @connection.exec_query(sql, "LlmRouter::Budget", values, prepare: true).rows
        @connection.clear_query_cache
        rows.to_h { |(text)| figures(*text.split(" ", 4)) } if rows.any?
      rescue *UNSURE
        nil
      rescue ActiveRecord::LockWaitTimeout
        raise RowLocked, OwnConnection.locked(@model)
      end

      def figures(spent, reserved, started_on, id)
        known = { spent_usd: BigDecimal(spent), reserved_usd: BigDecimal(reserved), period_started_on: started_on }
        [[@model.table_name, id_type.deserialize(id)], known]
      end

      def id_type
        @model.type_for_attribute(@model.primary_key)
      end

      def periods
        Period.starts.values_at("monthly", "daily").map(&:iso8601)
      end
    end
  end
end
