# frozen_string_literal: true

require "erb"
require_relative "../../spec/support/databases"

module Bench
  # A PostgreSQL server for the clients that spend from a row, with the table that the generator makes and a plain one.
  # On a socket of its own, without fsync; started when it is first needed.
  module Database
    POOL = 20
    private_constant :POOL

    module_function

    # @return [Hash] how Active Record connects to it
    def config
      @config ||= start
    end

    def start
      # Needed by the scenarios that use a database alone.
      require "active_record"
      require "llm_router"
      require_relative "../../spec/budget/budget_table"
      BudgetTable.prepare(:postgresql)
      connection = ActiveRecord::Base.connection
      connection.create_table(:plain_budgets) do |table|
        %i[cap_usd reserved_usd spent_usd].each { |name| table.decimal name, precision: 50, scale: 30, null: false }
      end
      ActiveRecord::Base.connection_db_config.configuration_hash.merge(pool: POOL)
    end
  end
end
