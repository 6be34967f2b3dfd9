# frozen_string_literal: true

class LlmRouter
  # A call may take a minute, and a database connection is not needed for it: pools are small.
  # @api private
  module DatabaseConnections
    module_function

    # Puts this thread's Active Record connections back into their pools, those aside that somebody still uses. Active
    # Record takes one out again when it is next needed.
    # (Of a name with a scope, +defined?+ would swallow what is raised meanwhile: an interrupt, too.)
    def release
      return if !Object.const_defined?("ActiveRecord::Base") || shared?

      unused = pools.select { |pool| unused?(pool) }
      unused.each(&:release_connection) unless unused.empty? || lent?
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

    def unused?(pool)
      connection = pool.active_connection?
      connection && !connection.transaction_open? && leased?(pool)
    end

    # From Rails 7.2 on, a connection that nobody leased for good belongs to a block.
    def leased?(pool)
      !pool.respond_to?(:connection_lease, true) || pool.send(:connection_lease).sticky
    end

    # Whether the caller is inside a +with_connection+ block, which may have been lent a leased connection. Nothing but
    # the call stack tells.
    def lent?
      caller_locations.any? { |frame| frame.base_label == "with_connection" && frame.path.include?("/active_record/") }
    end
  end
end
