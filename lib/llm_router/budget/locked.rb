# frozen_string_literal: true

class LlmRouter
  module Budget
    # Locks the rows, reads, writes: one statement at a time. This is MySQL's way. As the read comes
    # after the lock, it sees what whoever had the lock before has written.
    # @api private
    class Locked < Transaction
      # How often an act is tried that the database gave up for another's sake.
      TRIES = 5
      private_constant :TRIES

      def run(look, &)
        tries = 0
        begin
          alone { attempt(look, &) }
        rescue ActiveRecord::Deadlocked, ActiveRecord::SerializationFailure
          raise if @nested || (tries += 1) >= TRIES

          retry
        rescue ActiveRecord::LockWaitTimeout
          raise RowLocked, OwnConnection.locked(@tables.first.first.class)
        end
      end

      private

      def attempt(look)
        done = false
        pages = read(look)
        yield pages.map(&:last)
        finish(pages.select { |_, page| page.changed? }.flat_map { |model, page| sql(model).write(page) })
        done = true
      ensure
        give_up unless done
      end

      # All of them are locked before the first is read: in MySQL, what one reads later is as old as that.
      def read(look)
        before = opening + @tables.map { |budgets| lock(budgets.first.class, budgets.map(&:id)) }
        pages = @tables.flat_map do |budgets|
          model = budgets.first.class
          rows = together([*before.shift(before.size), sql(model).read(budgets.map(&:id), look)])
          Columns.split(model, rows) { |*parts, _raw| [model, page(*parts)] }
        end
        complete!(pages.map(&:last))
        pages
      end

      def lock(model, ids)
        sql(model).lock(ids)
      end

      def finish(statements)
        together([*statements, commit_sql])
        @connection.clear_query_cache
      end

      # The threads of a test may share its connection.
      def alone(&)
        @nested ? @connection.lock.synchronize(&) : yield
      end

      # A connection that cannot even roll back is of no use to anybody.
      def give_up
        @connection.execute(rollback_sql)
      rescue StandardError
        @connection.pool.remove(@connection) if @connection.pool.respond_to?(:remove)
        @connection.disconnect! unless @nested
      end

      # @return [Array<Hash>] the rows of the last statement
      def together(statements)
        rows(statements.map { |statement| @connection.execute(statement, "LlmRouter::Budget") }.last)
      end

      def rows(result)
        return [] unless result

        values = result.respond_to?(:values) ? result.values : result.to_a
        values.map { |row| row.is_a?(Hash) ? row : result.fields.zip(row).to_h }
      end

      def opening
        [begin_sql]
      end

      def start_sql
        "START TRANSACTION"
      end
    end
  end
end
