# frozen_string_literal: true

class LlmRouter
  module Database
    # Which connection a pool has given to this thread. From Rails 7.2 on, Active Record looks columns up on that one,
    # or on another of the pool. Rails does not promise the lease: where there is none, nothing is done here.
    # @api private
    module PoolLease
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter] the thread's own meanwhile
      # @return [Object] what the block returns
      def self.lend(connection)
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
    end
  end
end
