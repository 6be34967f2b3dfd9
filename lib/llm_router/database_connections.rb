# frozen_string_literal: true

class LlmRouter
  # A call may take a minute, and a database connection is not needed for it: pools are small.
  # @api private
  module DatabaseConnections
    module_function

    # Puts this thread's Active Record connections back into their pools, those in the middle of a
    # transaction aside. Active Record takes one out again when it is next needed.
    # (Of a name with a scope, +defined?+ would swallow what is raised meanwhile: an interrupt, too.)
    def release
      return if !Object.const_defined?("ActiveRecord::Base") || shared?

      pools.each do |pool|
        connection = pool.active_connection?
        pool.release_connection if connection && !open_transaction?(pool, connection)
      end
    end

    # Whether another fiber of this thread may be in the middle of a query on the same connection.
    def shared?
      return false unless Fiber.current_scheduler

      # From Rails 7 on, each fiber can have its own.
      isolation = ActiveSupport::IsolatedExecutionState if defined?(ActiveSupport::IsolatedExecutionState)
      isolation&.isolation_level != :fiber
    end

    def pools
      handler = ActiveRecord::Base.connection_handler
      # Those of all roles. Rails 7.1 changed how that is said.
      ActiveRecord.version < Gem::Version.new("7.1") ? handler.all_connection_pools : handler.connection_pool_list(:all)
    end

    # From Rails 7.2 on, +active_connection?+ answers with the connection or with true.
    def open_transaction?(pool, connection)
      connection = pool.lease_connection if connection == true
      connection.transaction_open?
    end
  end
end
