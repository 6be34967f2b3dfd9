# frozen_string_literal: true

require "active_record"
require "active_support/time"

class LlmRouter
  # What the gem's tables have in common, on three databases: connections, roles and schemas, exact money, periods.
  # @api private
  module Database
    %w[errors adapter_internals writing_role schema plain_trilogy transaction own_connection usd exact_money period]
      .each { |file| require "llm_router/database/#{file}" }

    module_function

    # @return [String] see {Environment}
    def environment
      Environment.name
    end

    # @param pool [ActiveRecord::ConnectionAdapters::ConnectionPool]
    # @return [Boolean]
    def sqlite?(pool)
      pool.db_config.adapter.include?("sqlite")
    end

    # @return [Boolean] whether it is MySQL or MariaDB
    def mysql?(pool)
      pool.db_config.adapter.match?(/mysql|trilogy/)
    end

    # @return [Boolean]
    def postgresql?(pool)
      pool.db_config.adapter == "postgresql"
    end
  end
end
