# frozen_string_literal: true

class LlmRouter
  module Budget
    # One transaction of SQLite in one call of the library: no other thread runs until it is done. Whoever waits for
    # another writer holds the GVL; if that were a thread of this process in the middle of a transaction, both would
    # wait in vain.
    # @api private
    class SqliteBatch
      # As SQLite numbers its errors: the database is busy, a table is locked.
      BUSY = [5, 6].freeze
      CONSTRAINT = 19
      private_constant :BUSY, :CONSTRAINT

      # @param model [Class]
      # @param statements [Array<String>]
      # @return [Array, nil] rows that they return; nil where a constraint refused something, and nothing is done
      # @raise [RowLocked, ActiveRecord::RecordNotUnique]
      def self.run(connection, model, statements)
        new(connection, model).run(statements)
      end

      def initialize(connection, model)
        @connection = connection
        @model = model
        # Inside a test's own transaction.
        @nested = connection.open_transactions.positive?
      end

      def run(statements)
        statements = statements.map { |statement| or_roll_back(statement) }
        execute([@nested ? "SAVEPOINT llm_router" : "BEGIN IMMEDIATE", *statements,
                 @nested ? "RELEASE SAVEPOINT llm_router" : "COMMIT"].join("; "))
      rescue SQLite3::Exception, RuntimeError, ActiveRecord::StatementInvalid => e
        refused(e)
      ensure
        @connection.clear_query_cache
      end

      private

      def execute(sql)
        AdapterInternals.execute_batch(@connection, sql)
      end

      # Rails 7.1 and later raise their own error, older libraries a RuntimeError: the library knows what it is.
      def refused(error)
        code = AdapterInternals.error_code(@connection)
        busy = BUSY.include?(code)
        open = @nested ? !busy : AdapterInternals.transaction_active?(@connection)
        execute(@nested ? "ROLLBACK TO SAVEPOINT llm_router" : "ROLLBACK") if open
        raise RowLocked, OwnConnection.locked(@model) if busy
        raise ActiveRecord::StatementInvalid, error.message unless code == CONSTRAINT
        raise ActiveRecord::RecordNotUnique, error.message if error.message.include?("UNIQUE")
      end

      # A failed write rolls its transaction back at once, not only when Ruby handles the error.
      def or_roll_back(statement)
        @nested ? statement : statement.sub(/\A(UPDATE|INSERT)/, "\\1 OR ROLLBACK")
      end
    end
  end
end
