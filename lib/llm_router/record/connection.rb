# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Database connections of the recorder's thread: one of the pool for a moment, or one beside it if the app holds
    # them all.
    # @api private
    class Connection
      # Seconds to wait for one of the pool.
      CHECKOUT_TIMEOUT = 0.2
      private_constant :CHECKOUT_TIMEOUT

      # @param table [Table]
      def initialize(table)
        @table = table
        @alone = Mutex.new
      end

      # @yieldparam connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @return [Object] what the block returns
      def use(&)
        pool = @table.pool
        quietly { apart?(pool) ? apart(pool, &) : lent(pool, &) }
      end

      private

      def lent(pool, &)
        connection = checked_out(pool)
        return beside(pool, &) unless connection

        begin
          result = CurrentConnection.with(connection, &)
          whole = true
          result
        rescue StandardError
          whole = true
          raise
        ensure
          whole ? pool.checkin(connection) : discard(pool, connection)
        end
      end

      def checked_out(pool)
        pool.checkout(CHECKOUT_TIMEOUT)
      rescue ActiveRecord::ConnectionTimeoutError
        nil
      end

      # The thread was killed, perhaps in the middle of a statement.
      def discard(pool, connection)
        pool.remove(connection)
        connection.disconnect!
      end

      def beside(pool)
        Database::OwnConnection.beside(pool) { |connection| CurrentConnection.with(connection) { yield connection } }
      end

      # SQLite waits for another writer without giving other threads a turn, that writer perhaps among them. So the
      # recorder does not wait, and tries later. Threads take turns: {Recorder#flush} runs on any.
      def apart(pool, &)
        @alone.synchronize do
          @own ||= Database::AdapterInternals.new_connection(pool).tap do |connection|
            connection.execute("PRAGMA busy_timeout = 0")
          end
          undisturbed { CurrentConnection.with(@own, &) }
        rescue ActiveRecord::StatementInvalid
          @own&.disconnect!
          @own = nil
          raise
        end
      end

      # Whoever waits for this writer holds the GVL, and both would wait in vain. Ruby gives a thread of this priority
      # eight times as long before another has its turn.
      def undisturbed
        thread = Thread.current
        before = thread.priority
        thread.priority = 3
        yield
      ensure
        thread.priority = before
      end

      def apart?(pool)
        Database.sqlite?(pool) && !pool.db_config.database.to_s.include?(":memory:")
      end

      # A statement each second is not what the app's log is for.
      def quietly(&)
        logger = ActiveRecord::Base.logger
        logger.respond_to?(:silence) ? logger.silence(&) : yield
      end
    end
  end
end
