# frozen_string_literal: true

class LlmRouter
  module Budget
    # SQLite's way. It has one writer, and whoever waits for it does so with the GVL held: if that writer
    # were another thread of this process, in the middle of a transaction, both would wait in vain. So
    # nothing is locked while Ruby thinks. The rows are read, and written in one go if they are still as
    # they were read; if not, the write fails and it is done anew.
    # @api private
    class Guarded < Transaction
      # Each time somebody else got through, so this is patience, not hope.
      TRIES = 200
      private_constant :TRIES

      def run(look)
        TRIES.times do
          pages = read(look)
          yield(pages.map { |_, page, _| page })
          return if write(pages.select { |_, page, _| page.changed? })
        end
        raise RowLocked, OwnConnection.locked(@tables.first.first.class)
      end

      private

      def read(look)
        pages = @tables.flat_map do |budgets|
          model = budgets.first.class
          rows = @connection.uncached { @connection.select_all(sql(model).read(budgets.map(&:id), look)).to_a }
          Columns.split(model, rows) { |*parts, raw| [model, page(*parts), raw] }
        end
        complete!(pages.map { |_, page, _| page })
        pages
      end

      # @return [Boolean] false where the rows had changed
      def write(pages)
        statements = pages.flat_map do |model, page, raw|
          sql(model).write(page, guard: guard(model, page, raw)).map { |statement| or_roll_back(statement) }
        end
        execute([begin_sql, *statements, commit_sql].join("; ")) if statements.any?
        true
      rescue SQLite3::Exception, RuntimeError => e
        refused(e, pages)
      ensure
        @connection.clear_query_cache
      end

      # Older versions of the library raise a plain RuntimeError, so that its words have to do.
      def refused(error, pages)
        busy = error.message.match?(/locked|busy/)
        execute(rollback_sql) if @nested ? !busy : AdapterInternals.transaction_active?(@connection)
        raise RowLocked, OwnConnection.locked(pages.first.first) if busy
        raise error unless error.message.include?("constraint failed")

        false
      end

      # A write that fails must not leave its transaction open, not even until Ruby hears of it.
      def or_roll_back(statement)
        @nested ? statement : statement.sub(/\A(UPDATE|INSERT)/, "\\1 OR ROLLBACK")
      end

      # All that was computed depends on these. Where they differ, NULL is written, which the column refuses.
      def guard(model, page, raw)
        same = %w[cap_usd spent_usd reserved_usd period period_started_on].map do |column|
          "#{@connection.quote_column_name(column)} IS #{@connection.quote(raw.fetch(column))}"
        end
        ended = page.ended.map { |id| @connection.quote(id) }.join(", ")
        reservations = @connection.quote_table_name(model::Reservation.table_name)
        same << "(SELECT COUNT(*) FROM #{reservations} WHERE id IN (#{ended})) = #{page.ended.size}"
        same.join(" AND ")
      end

      # In one call of the library: no other thread runs until it is done.
      def execute(sql)
        details = { sql: sql, name: "LlmRouter::Budget", connection: @connection }
        ActiveSupport::Notifications.instrument("sql.active_record", details) do
          AdapterInternals.execute_batch(@connection, sql)
        end
      end

      def start_sql
        "BEGIN IMMEDIATE"
      end
    end
  end
end
