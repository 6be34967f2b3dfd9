# frozen_string_literal: true

class LlmRouter
  module Budget
    # Locks the rows, reads them, writes: PostgreSQL's way, MySQL's and MariaDB's. The read comes after the lock, so it
    # sees what whoever had the lock before has written.
    # @api private
    class Locking < CarefulPath
      # Tries of an act that the database aborts, as in a deadlock.
      MAX_TRIES = 5
      private_constant :MAX_TRIES

      # @see CarefulPath#run
      def run(&)
        tries = 0
        begin
          learn(@connection.transaction(**options) { attempt(&) })
        rescue ActiveRecord::Deadlocked, ActiveRecord::SerializationFailure
          raise if @nested || (tries += 1) >= MAX_TRIES

          retry
        rescue ActiveRecord::LockWaitTimeout
          raise locked
        end
      end

      private

      # Each statement of PostgreSQL then sees what was committed when it began, whatever the app has as its default.
      def options
        return { requires_new: true } if @nested

        mysql? ? {} : { isolation: :read_committed }
      end

      # All rows are locked before the first is read: in MySQL, what one reads later is as old as that.
      def attempt
        [*(OwnConnection.lock_timeout(pool) unless mysql?), *@settings].each { |statement| execute(statement) }
        tables.each { |model, ids| lock(model, ids) }
        snapshots = self.snapshots
        yield snapshots
        writes(snapshots).each { |statement| execute(statement) }
        snapshots
      end

      def lock(model, ids)
        key = model.primary_key
        rows = model.unscoped.where(key => ids).order(key).select(key).lock
        @connection.uncached { @connection.select_values(rows.to_sql, "LlmRouter::Budget") }
      end

      def execute(statement)
        @connection.execute(statement, "LlmRouter::Budget")
      end

      def mysql?
        OwnConnection.mysql?(pool)
      end

      def pool
        @budgets.first.class.connection_pool
      end
    end
  end
end
