# frozen_string_literal: true

class LlmRouter
  module Database
    # Keeps the ledger out of the caller's transaction, which may roll back although the money is
    # spent. Inside one, a connection is opened for the purpose and closed after it. The pool's are
    # not used: where every thread holds one for its transaction, waiting for another is a deadlock.
    # It goes where the caller's own query would go: see {WritingRole} and {Schema}.
    #
    # In tests the transaction that will be rolled back, and that other connections cannot look into,
    # is the test's own: the ledger is then a part of it.
    # @api private
    module OwnConnection
      # Seconds to wait for a row that the caller's own transaction may hold: then it would be forever.
      LOCK_TIMEOUT = 5

      module_function

      # @param model [Class]
      # @yieldparam connection [ActiveRecord::ConnectionAdapters::AbstractAdapter] in no transaction
      #   that the app can roll back
      # @raise [InsideTransaction, RowLocked, TablesMissing]
      def open(model)
        bare(model) do |connection, settings|
          settings.empty? ? yield(connection) : transaction(connection, settings) { yield connection }
        end
      end

      # Each statement of PostgreSQL then sees what was committed when it began, whatever the app has as its default.
      def transaction(connection, settings, &)
        return Transaction.run(connection, &) if Database.mysql?(connection.pool)

        Transaction.run(connection, isolation: :read_committed) do
          connection.execute([lock_timeout(connection.pool), *settings].join("; "), "LlmRouter::Budget")
          yield
        end
      end

      # For those who begin a transaction of their own.
      # @yieldparam settings [Array<String>] statements that must come first in it: behind a pooler in transaction
      #   mode, what outlives the transaction reaches other clients
      def bare(model, &)
        explained(model) { PlainTrilogy.use { AdapterInternals::PlainLock.use { choose(model, &) } } }
      end

      # @raise [TablesMissing]
      def explained(model)
        yield
      rescue ActiveRecord::StatementInvalid => e
        missing = missing_tables(model)
        raise if missing.empty?

        raise TablesMissing, "#{missing.join(', ')}: no such table in the database of #{model}. Run bin/rails " \
                             "db:migrate (with RAILS_ENV=test for tests); bin/rails generate llm_router:install " \
                             "writes the migration", cause: e
      end

      def missing_tables(model)
        model.connection_pool.with_connection do |connection|
          [model, *model.try(:models_beside)].map(&:table_name).reject { |name| connection.table_exists?(name) }
        end
      rescue ActiveRecord::ActiveRecordError
        []
      end

      def choose(model, &)
        return choose_here(model, Schema.given, &) if WritingRole.here?(model)

        chosen = Schema.given || chosen_in_another_role(model)
        WritingRole.enter(model) { choose_here(model, chosen, &) }
      end

      def choose_here(model, chosen, &)
        pool = model.connection_pool
        # To its end: Active Record, asked for SQL, would lease one for good.
        pool.with_connection do |connection|
          next yield(connection, []) unless needed?(model, connection, chosen)

          apart(pool, model, chosen || Schema.of(connection), &)
        end
      end

      def needed?(model, connection, chosen)
        return chosen && chosen != Schema.of(connection) unless in_transaction?(connection)
        raise InsideTransaction, inside_transaction(model) if Database.sqlite?(connection.pool)

        !in_test?(connection)
      end

      # @return [String, nil] the schema that the caller's session chose
      def chosen(model)
        chosen_in_another_role(model) || WritingRole.enter(model) { chosen_in(model.connection_pool) }
      end

      # A thread that reads in another role may have chosen a tenant there, and there alone.
      def chosen_in_another_role(model)
        chosen_in(model.connection_pool) unless WritingRole.current?(model)
      rescue ActiveRecord::ConnectionNotEstablished
        nil
      end

      def chosen_in(pool)
        pool.with_connection { |connection| Schema.chosen(connection) } if pool.active_connection?
      end

      def in_transaction?(connection)
        open = connection.open_transactions
        open.zero? ? AdapterInternals.left_open?(connection) : open > 1 || !in_test?(connection)
      end

      # No other transaction joins that of a test, which identifies it.
      def in_test?(connection)
        AdapterInternals.unjoinable?(connection) && Database.environment == "test"
      end

      def apart(pool, model, schema)
        beside(pool) do |connection|
          settings = [Schema.enter(connection, schema)]
          # MySQL has no setting for one transaction, but this connection is closed afterwards.
          [lock_timeout(pool), settings.pop].each { |statement| connection.execute(statement) } if Database.mysql?(pool)
          yield connection, settings
        end
      rescue ActiveRecord::LockWaitTimeout
        raise RowLocked, locked(model)
      end

      # @yieldparam connection [ActiveRecord::ConnectionAdapters::AbstractAdapter] that is not the pool's
      def beside(pool)
        connection = AdapterInternals.new_connection(pool)
        yield connection
      ensure
        connection&.disconnect!
      end

      def locked(model)
        "#{model.table_name}: the row stayed locked for #{LOCK_TIMEOUT} s. If the transaction that this thread is in " \
          "made, changed or locked it, it waits for itself: use the budget after it"
      end

      def lock_timeout(pool)
        return "SET SESSION innodb_lock_wait_timeout = #{LOCK_TIMEOUT}" if Database.mysql?(pool)

        "SET LOCAL lock_timeout = '#{LOCK_TIMEOUT}s'"
      end

      def inside_transaction(model)
        "#{model} was used inside an open transaction, and on SQLite that cannot be: a charge would be lost if it " \
          "rolls back, and no other connection can write meanwhile. Call the model before or after the transaction"
      end
    end
  end
end
