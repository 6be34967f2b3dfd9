# frozen_string_literal: true

class LlmRouter
  module Budget
    # Reserves, settles or releases in one statement of PostgreSQL, for all rows or for none. It does only what
    # needs no thought; where it does nothing, the {CarefulPath} decides.
    # @api private
    class OneStatement
      # The {CarefulPath} finds out what to do about these.
      UNSURE = [ActiveRecord::RecordNotUnique, ActiveRecord::Deadlocked, ActiveRecord::SerializationFailure].freeze
      # Rails 7.0 moved it.
      DEFAULTS = ActiveRecord.respond_to?(:default_timezone) ? ActiveRecord : ActiveRecord::Base
      private_constant :UNSURE, :DEFAULTS

      # Not in a test's own transaction, which an error would end.
      # @return [OneStatement, nil] nil where it takes more than one
      def self.on(connection, budgets)
        return if connection.open_transactions.positive?

        kind = kind(connection)
        kind.new(connection, budgets) if kind && different?(budgets)
      end

      def self.kind(connection)
        case connection.adapter_name
        when "PostgreSQL" then self
        when "SQLite" then OneBatch
        else OneBlock if OneBlock.takes?(connection)
        end
      end

      # @return [Boolean] whether they are different rows of one table
      def self.different?(budgets)
        return true if budgets.one?

        budgets.uniq(&:id).size == budgets.size && budgets.uniq { |budget| budget.class.table_name }.one?
      end
      private_class_method :kind, :different?

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param budgets [Array<Budget>]
      def initialize(connection, budgets)
        @connection = connection
        @budgets = budgets
        @model = budgets.first.class
        @ids = budgets.map(&:id)
      end

      # @param columns [Hash] of the reservation
      # @param caps [Array<BigDecimal, nil>] in US dollars, for rows that have none of their own
      # @return [true, nil] nil where nothing was reserved
      def reserve(columns, caps)
        run(:reserve, columns.values_at(*StatementSql::RESERVATION).push(today, *@ids, *caps))
      end

      # @param columns [Hash] of the charge
      # @param _usd [BigDecimal] US dollars that are reserved
      # @return [true, nil] nil where nothing was settled
      def settle(columns, _usd)
        run(:settle, columns.values_at(*StatementSql::CHARGE).push(today, *@ids))
      end

      # @param columns [Hash] of the charge
      # @return [true, nil] nil where nothing was charged
      def charge(columns)
        run(:charge, columns.values_at(*StatementSql::CHARGE).push(today, *@ids))
      end

      # @param _usd [BigDecimal] US dollars that are reserved
      # @return [true, nil] nil where nothing was released
      def release(attempt_id, now, _usd)
        run(:release, [attempt_id, now, today, *@ids])
      end

      private

      def run(act, values)
        sql = @model.ledger_statements[[act, statements, @model.table_name, @ids.size]] ||=
          statements.new(@connection, @model, @ids.size).public_send(act).squish
        guarded { AdapterInternals.execute(@connection, sql, values.map! { |value| text(value) }) }
      end

      def statements = StatementSql

      def text(value)
        case value
        when BigDecimal then value.to_s("F")
        when Time then moment(value)
        else value
        end
      end

      # As Active Record's quoted_date has it, in a third of the time.
      def moment(time)
        (DEFAULTS.default_timezone == :utc ? time.getutc : time.getlocal).strftime("%F %T.%6N")
      end

      def guarded
        rows = yield
        @connection.clear_query_cache if @connection.query_cache_enabled
        rows.each { |row| learn(*(row.is_a?(Hash) ? row.values : row).first.split(" ", 4)) }
        true if rows.any?
      rescue *UNSURE
        nil
      rescue ActiveRecord::LockWaitTimeout
        raise RowLocked, OwnConnection.locked(@model)
      end

      # The caller's record then says what the row does.
      def learn(spent, reserved, started_on, id)
        index = @ids.one? ? 0 : @ids.index(id_type.deserialize(id))
        @budgets[index].learn(spent, reserved, started_on)
      end

      def id_type
        @model.type_for_attribute(@model.primary_key)
      end

      def today
        Period.today.iso8601
      end
    end
  end
end
