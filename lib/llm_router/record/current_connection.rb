# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # The connection that the recorder's thread uses at the moment. The models of the record use it, too: Active Record
    # would take a second one of the pool to make SQL or to look a column up, which a pool of one does not have, and
    # before Rails 7.2 keep it.
    # @api private
    module CurrentConnection
      KEY = :llm_router_record_connection
      private_constant :KEY

      # @yieldparam connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @return [Object] what the block returns
      def self.with(connection)
        before = Thread.current[KEY]
        Thread.current[KEY] = connection
        Database::AdapterInternals.lend(connection) { yield connection }
      ensure
        Thread.current[KEY] = before
      end

      def connection
        Thread.current[KEY] || super
      end

      def lease_connection
        Thread.current[KEY] || super
      end

      def with_connection(**)
        current = Thread.current[KEY]
        current ? yield(current) : super
      end
    end
  end
end
