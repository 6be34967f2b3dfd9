# frozen_string_literal: true

class LlmRouter
  module Budget
    # Keeps the books out of the caller's transaction, which may roll back although the money is
    # spent. Inside one, a connection is opened for the purpose and closed after it. The pool's are
    # not used: where every thread holds one for its transaction, waiting for another is a deadlock.
    #
    # In tests the transaction that will be rolled back, and that other connections cannot look into,
    # is the test's own: the books are then a part of it.
    # @api private
    module OwnConnection
      # Seconds to wait for a row that the caller's own transaction may hold: then it would be forever.
      PATIENCE = 5

      module_function

      # @param model [Class]
      # @yieldparam connection [ActiveRecord::ConnectionAdapters::AbstractAdapter] in no transaction
      #   that the app can roll back
      # @raise [InsideTransaction, RowLocked]
      def open(model, &)
        pool = model.connection_pool
        pool.with_connection do |connection|
          return undisturbed(connection, &) unless in_transaction?(connection)
          raise InsideTransaction, inside_transaction(model) if sqlite?(pool)
          return yield(connection) if in_test?(connection)
        end
        apart(pool, model, &)
      end

      # Rails before 7.1 lets interrupts in whenever it waits for the database, although they are masked.
      def undisturbed(connection)
        lock = connection.lock
        disturbed = lock.instance_of?(ActiveSupport::Concurrency::LoadInterlockAwareMonitor)
        # In a test, threads may share the connection, and need its lock.
        return yield(connection) if !disturbed || in_test?(connection)

        begin
          connection.instance_variable_set(:@lock, Monitor.new)
          yield connection
        ensure
          connection.instance_variable_set(:@lock, lock)
        end
      end

      def sqlite?(pool)
        pool.db_config.adapter.include?("sqlite")
      end

      def mysql?(pool)
        pool.db_config.adapter.match?(/mysql|trilogy/)
      end

      def in_transaction?(connection)
        connection.open_transactions > (in_test?(connection) ? 1 : 0)
      end

      # A test's transaction can be told by this: no other transaction joins it.
      def in_test?(connection)
        outermost = connection.transaction_manager.instance_variable_get(:@stack).first
        !outermost.nil? && !outermost.joinable? && Environment.test?
      end

      def apart(pool, model, &)
        connection = pool.send(:new_connection)
        connection.execute(patience(pool))
        undisturbed(connection, &)
      rescue ActiveRecord::LockWaitTimeout
        raise RowLocked, locked(model)
      ensure
        connection&.disconnect!
      end

      def locked(model)
        "#{model.table_name}: the row stayed locked for #{PATIENCE} s. If the transaction that this thread is inside " \
          "made, changed or locked it, it waits for itself: use the budget after it"
      end

      def patience(pool)
        return "SET SESSION innodb_lock_wait_timeout = #{PATIENCE}" if mysql?(pool)

        "SET lock_timeout = '#{PATIENCE}s'"
      end

      def inside_transaction(model)
        "#{model} was used inside an open transaction, and on SQLite that cannot be: a charge would be lost if it " \
          "rolls back, and nobody else can write meanwhile. Call the model before or after the transaction"
      end
    end
  end
end
