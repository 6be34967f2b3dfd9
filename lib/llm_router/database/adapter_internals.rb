# frozen_string_literal: true

class LlmRouter
  module Database
    # All that the gem's tables use of Active Record and of database drivers without their promising it. A public way is
    # taken where one of these is missing; spec/database/adapter_internals_spec.rb names what is.
    # @api private
    module AdapterInternals
      # Rails 7.0 moved it.
      DEFAULTS = ActiveRecord.respond_to?(:default_timezone) ? ActiveRecord : ActiveRecord::Base
      private_constant :DEFAULTS

      module_function

      # Gives a record values that the database has said. Assigned, they would be changes, whose tracking costs ten
      # times as much.
      # @param record [ActiveRecord::Base]
      # @param values [Hash{String => Object}] by attribute
      # @return [void]
      def load(record, values)
        attributes = record.instance_variable_get(:@attributes)
        return assign(record, values) unless attributes.respond_to?(:write_from_database)

        values.each do |name, value|
          attributes.write_from_database(name, value) unless attributes[name].value_before_type_cast == value
        end
      rescue ActiveModel::MissingAttributeError
        # Only some columns were selected.
        load(record, values.select { |name,| attributes.key?(name) })
      end

      def assign(record, values)
        values = values.select { |name,| record.has_attribute?(name) }
        values.each { |name, value| record[name] = value }
        record.clear_attribute_changes(values.keys)
      end

      # @return [Boolean] whether the outermost open transaction is one that no other joins, as a test's is
      def unjoinable?(connection)
        outermost = connection.transaction_manager.instance_variable_get(:@stack)&.first
        !outermost.nil? && !outermost.joinable?
      end

      # Begun by hand, or left open where an interrupt came in the middle of Active Record's BEGIN. MySQL commits such a
      # transaction when another begins.
      # @return [Boolean] whether the database is in a transaction that Active Record does not know of
      def left_open?(connection)
        case connection.adapter_name
        when "PostgreSQL"
          [PG::PQTRANS_ACTIVE, PG::PQTRANS_INTRANS].include?(with_driver(connection, &:transaction_status))
        when "SQLite" then transaction_active?(connection)
        else false
        end
      end

      # @return [Class] the one that roles and shards are switched for; {ActiveRecord::Base} for that of all
      def connection_class(model)
        owner = %i[connection_class_for_self connection_classes].find { |name| model.respond_to?(name) }
        owner = owner ? model.public_send(owner) : ActiveRecord::Base
        owner.respond_to?(:primary_class?) && owner.primary_class? ? ActiveRecord::Base : owner
      end

      # @param pool [ActiveRecord::ConnectionAdapters::ConnectionPool]
      # @return [ActiveRecord::ConnectionAdapters::AbstractAdapter] one that is not the pool's; close it
      def new_connection(pool)
        pool.send(:new_connection).tap { |connection| connection.pool = pool }
      end

      # From Rails 7.2 on, Active Record looks columns up on the connection that the pool has given to this thread, or
      # on another of the pool. Before, nothing is done here.
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter] the thread's own meanwhile
      # @return [Object] what the block returns
      def lend(connection)
        pool = connection.pool
        return yield unless pool.respond_to?(:connection_lease, true)

        lease = pool.send(:connection_lease)
        before = [lease.connection, lease.sticky]
        begin
          lease.connection = connection
          yield
        ensure
          lease.connection, lease.sticky = before
        end
      end

      # Runs a statement of PostgreSQL through the driver, prepared once for each connection where the app allows that.
      # Active Record's own way costs three times as much: it looks up types, and makes objects of the result.
      # @param values [Array<String, Integer, BigDecimal, Time, nil>]
      # @param alone [Boolean] whether no transaction is open: where the session was reset, an error would end it
      # @return [Array<Array<String>>] rows
      def execute(connection, sql, values, alone: true)
        instrument(connection, sql) do
          prepare = alone && connection.prepared_statements?
          with_driver(connection) do |driver|
            prepare ? prepared(driver, sql, values) : driver.exec_params(sql, values, 0, types)
          end.values
        end
      rescue PG::Error => e
        raise connection.send(:translate_exception_class, e, sql, [])
      end

      # @param sql [String] always the same object for the same statement
      def prepared(driver, sql, values)
        names = driver.instance_variable_get(:@llm_router_statements) ||
                driver.instance_variable_set(:@llm_router_statements, {}.compare_by_identity)
        name = names[sql] ||= "llm_router_#{Native.uuid}".tap { |made| driver.prepare(made, sql) }
        driver.exec_prepared(name, values, 0, types)
      rescue PG::InvalidSqlStatementName
        # The session was reset.
        names.delete(sql)
        retry
      end

      # How the driver writes values. Whatever is not here is text, or its to_s.
      # @return [PG::TypeMapByClass]
      def types
        @types ||= PG::TypeMapByClass.new.tap do |map|
          map[BigDecimal] = PG::TextEncoder::Numeric.new
          moments = Class.new(PG::SimpleEncoder) { define_method(:encode) { |time| AdapterInternals.moment(time) } }
          map[Time] = moments.new
        end
      end

      # As Active Record's quoted_date has it, in a third of the time.
      # @param time [Time]
      # @return [String]
      def moment(time)
        (DEFAULTS.default_timezone == :utc ? time.getutc : time.getlocal).strftime("%F %T.%6N")
      end

      # Takes several statements in one call of the library. No other thread runs until it is done.
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter] of SQLite
      def execute_batch(connection, sql)
        instrument(connection, sql) { with_driver(connection) { |driver| driver.execute_batch2(sql) } }
      end

      # @return [Integer] SQLite's number of the last error
      def error_code(connection)
        with_driver(connection, &:errcode)
      end

      # @return [Boolean] whether SQLite is in a transaction
      def transaction_active?(connection)
        with_driver(connection, &:transaction_active?)
      end

      # @return [Boolean] whether the driver can take more than one result of MariaDB
      def abandon_results?(connection)
        with_driver(connection) { |driver| driver.respond_to?(:abandon_results!) }
      end

      # That of Trilogy waits forever where a result has no rows.
      # @return [void]
      def abandon_results(connection)
        with_driver(connection) do |driver|
          next driver.abandon_results! unless driver.respond_to?(:more_results_exist?)

          driver.next_result while driver.more_results_exist?
        end
      end

      # The public raw_connection keeps Rails from putting off BEGIN, and from 7.1 on from reconnecting.
      # @yieldparam driver [PG::Connection, Mysql2::Client, SQLite3::Database]
      def with_driver(connection, &)
        return connection.send(:with_raw_connection, &) if connection.respond_to?(:with_raw_connection, true)

        yield connection.instance_variable_get(:@connection) || connection.raw_connection
      end

      # As Active Record does, for loggers and the like.
      def instrument(connection, sql, &)
        details = { sql: sql, name: "LlmRouter::Budget", connection: connection }
        ActiveSupport::Notifications.instrument("sql.active_record", details, &)
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
        # A class of Rails' own, which YARD is not to look for.
        [ActiveSupport::Concurrency::LoadInterlockAwareMonitor].each { |lock| lock.prepend(PlainLock) }
      end
    end
  end
end
