# frozen_string_literal: true

require "active_record"
require "llm_router"
require_relative "../../spec/budget/models"

module Soak
  # The budgets of a worker whose money is in a database.
  class Rows
    # Threads of the main program and of children, and what interrupts them.
    MORE = 8
    private_constant :MORE

    # @param options [Hash{String => Object}] what {Database#for_worker} returns
    # @param threads [Integer] that call
    def initialize(options, threads)
      LlmRouter.configure do |config|
        options.fetch("settings").each { |name, value| config.public_send(:"#{name}=", value) }
      end
      connection = options.fetch("connection").transform_keys(&:to_sym)
      # A thread that interrupts waits for another that calls.
      ActiveRecord::Base.establish_connection(**connection, pool: (threads * 2) + MORE, min_messages: "error")
      @shared, *@own = BudgetTable::LlmBudget.find(options.fetch("rows")).sort_by(&:id)
      # Rails does this at the end of a request or a job: whoever keeps a connection keeps it also when it has broken.
      ActiveRecord::Base.connection_pool.release_connection
    end

    # @return [Array<Array>] the rows that a call is charged to: the shared one, or that and one without a cap
    def sets
      [[@shared], *@own.map { |row| [row, @shared] }]
    end

    # Also those that an interrupt kept the pool from taking.
    # @return [void]
    def disconnect
      ActiveRecord::Base.connection_pool.disconnect!
      GC.start
    end
  end
end
