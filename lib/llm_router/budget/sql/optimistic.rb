# frozen_string_literal: true

class LlmRouter
  module Budget
    # SQLite's way. It has one writer, and whoever waits for it does so with the GVL held: if that writer
    # were another thread of this process, in the middle of a transaction, both would wait in vain. So
    # nothing is locked while Ruby works. The rows are read, and written in one go if they are still as
    # they were read; if not, the write fails and all is done anew.
    # @api private
    class Optimistic < CarefulPath
      # Each time somebody else got through, so the act succeeds long before.
      MAX_TRIES = 200
      # All that was computed depends on these.
      READ = %w[cap_usd spent_usd reserved_usd period period_started_on].freeze
      private_constant :MAX_TRIES, :READ

      # @see CarefulPath#run
      def run
        MAX_TRIES.times do
          snapshots = self.snapshots
          yield snapshots
          return learn(snapshots) if write(snapshots)
        end
        raise locked
      end

      private

      # @return [Boolean] false where the rows had changed
      def write(snapshots)
        statements = writes(snapshots) { |snapshot| unchanged(snapshot) }
        batch(statements.map { |statement| or_roll_back(statement) }) if statements.any?
        true
      rescue SQLite3::Exception, RuntimeError, ActiveRecord::StatementInvalid => e
        refused(e)
      ensure
        @connection.clear_query_cache
      end

      # Rails 7.1 and later raise their own error, older libraries a RuntimeError: the message tells what it is.
      def refused(error)
        busy = error.message.match?(/locked|busy/)
        open = @nested ? !busy : AdapterInternals.transaction_active?(@connection)
        AdapterInternals.execute_batch(@connection, rollback) if open
        raise locked if busy
        raise error unless error.message.include?("constraint failed")

        false
      end

      # A failed write rolls its transaction back at once, not only when Ruby handles the error.
      def or_roll_back(statement)
        @nested ? statement : statement.sub(/\A(UPDATE|INSERT)/, "\\1 OR ROLLBACK")
      end

      # Where this does not hold, NULL is written, which the column refuses.
      def unchanged(snapshot)
        budget = snapshot.budget
        ended = snapshot.ended.map { |id| @connection.quote(id) }.join(", ")
        reservations = @connection.quote_table_name(budget.class::Reservation.table_name)
        same = READ.map do |name|
          "#{@connection.quote_column_name(name)} IS #{@connection.quote(budget.read_attribute_before_type_cast(name))}"
        end
        same << "(SELECT COUNT(*) FROM #{reservations} WHERE id IN (#{ended})) = #{snapshot.ended.size}" if ended != ""
        same.join(" AND ")
      end

      # In one call of the library: no other thread runs until it is done.
      def batch(statements)
        AdapterInternals.execute_batch(@connection, [start, *statements, commit].join("; "))
      end

      def start
        @nested ? "SAVEPOINT llm_router" : "BEGIN IMMEDIATE"
      end

      def commit
        @nested ? "RELEASE SAVEPOINT llm_router" : "COMMIT"
      end

      def rollback
        @nested ? "ROLLBACK TO SAVEPOINT llm_router" : "ROLLBACK"
      end
    end
  end
end
