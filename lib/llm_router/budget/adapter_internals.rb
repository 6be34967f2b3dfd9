# frozen_string_literal: true

class LlmRouter
  module Budget
    # All that the ledger uses of Active Record and of database drivers without their promising it. A public way is
    # taken where one of these is missing; spec/budget/adapter_internals_spec.rb names what is.
    # @api private
    module AdapterInternals
      module_function

      # Gives a record values that the database has said. Assigned, they would be changes, whose tracking costs ten
      # times as much.
      # @param record [ActiveRecord::Base]
      # @param values [Hash{String => Object}] by attribute
      # @return [void]
      def load(record, values)
        attributes = record.instance_variable_get(:@attributes)
        return assign(record, values) unless attributes.respond_to?(:write_from_database)

        values.each { |name, value| attributes.write_from_database(name, value) }
      end

      def assign(record, values)
        values.each { |name, value| record[name] = value }
        record.clear_attribute_changes(values.keys)
      end

      # @return [Boolean] whether the outermost open transaction is one that no other joins, as a test's is
      def unjoinable?(connection)
        outermost = connection.transaction_manager.instance_variable_get(:@stack)&.first
        !outermost.nil? && !outermost.joinable?
      end

      # @param pool [ActiveRecord::ConnectionAdapters::ConnectionPool]
      # @return [ActiveRecord::ConnectionAdapters::AbstractAdapter] one that is not the pool's; close it
      def new_connection(pool)
        pool.send(:new_connection)
      end

      # Takes several statements in one call of the library. No other thread runs until it is done.
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter] of SQLite
      def execute_batch(connection, sql)
        connection.raw_connection.execute_batch2(sql)
      end

      # @return [Boolean] whether SQLite is in a transaction
      def transaction_active?(connection)
        connection.raw_connection.transaction_active?
      end

      # @return [Boolean] whether the driver can take more than one result of MariaDB
      def abandon_results?(connection)
        connection.raw_connection.respond_to?(:abandon_results!)
      end

      # @return [void]
      def abandon_results(connection)
        connection.raw_connection.abandon_results!
      end

      # strict_loading!(false) is of Rails 7.0.
      # @param record [ActiveRecord::Base]
      # @return [void]
      def allow_loading(record)
        record.instance_variable_set(:@strict_loading, false)
      end

      # Rails before 7.1 unmasks interrupts whenever it waits for the database: the lock of each connection does, from
      # the moment that the pool opens or verifies it.
      module PlainLock
        HERE = :llm_router_plain_lock
        SYNCHRONIZE = Monitor.instance_method(:synchronize)
        private_constant :HERE, :SYNCHRONIZE

        # @yield with locks that leave masks alone
        def self.use(&)
          FiberLocal.set(HERE, true, &)
        end

        def synchronize(&)
          Thread.current[HERE] ? SYNCHRONIZE.bind_call(self, &) : super
        end
      end

      if ActiveRecord.version < Gem::Version.new("7.1")
        require "active_support/concurrency/load_interlock_aware_monitor"
        ActiveSupport::Concurrency::LoadInterlockAwareMonitor.prepend(PlainLock)
      end
    end
  end
end
