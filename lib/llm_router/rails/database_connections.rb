# frozen_string_literal: true

class LlmRouter
  # Releases database connections while a call waits: it may take a minute, and pools are small.
  # @api private
  module DatabaseConnections
    module_function

    # Returns this thread's unused connections to their pools. Active Record takes one again when it needs it.
    # (Not +defined?(ActiveRecord::Base)+, which swallows an interrupt that is raised meanwhile.)
    def release
      return if !Object.const_defined?("ActiveRecord::Base") || shared?

      unused = pools.select { |pool| unused?(pool) }
      unused.each(&:release_connection) unless unused.empty? || FrameworkInternals.in_with_connection?
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
      # Of all roles. Rails 7.1 changed the API.
      ActiveRecord.version < Gem::Version.new("7.1") ? handler.all_connection_pools : handler.connection_pool_list(:all)
    end

    def unused?(pool)
      connection = pool.active_connection?
      connection && !connection.transaction_open? && FrameworkInternals.leased?(pool)
    end
  end
end
