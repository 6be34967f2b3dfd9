# frozen_string_literal: true

require "active_record"
require "llm_router"
require_relative "../../spec/budget/models"

module Soak
  # The budgets of a worker whose money is in a database.
  class Rows
    # Threads of the main program and of children, and what interrupts them.
    MORE = 8
    # Connections that no pool has, at most.
    STRAYS = 3
    private_constant :MORE, :STRAYS

    # Since when all is written that the record of calls has counted: what comes later, a kill may lose.
    def self.note_writes(journal)
      LlmRouter::CallRecord::Recorder.prepend(Module.new do
        define_method(:flush) do
          began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
          super().tap { |whole| journal.note("written", began.floor(3), Process.pid) if whole }
        end
      end)
    end

    # @param options [Hash{String => Object}] what {Database#for_worker} returns
    # @param threads [Integer] that call
    # @param journal [Journal]
    def initialize(options, threads, journal)
      Rows.note_writes(journal)
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

    # Also those that an interrupt kept the pool from taking. Ruby may take an old value on a stack for one of them, and
    # not collect it: so a few are closed here. More would be a leak. The record's thread ends first; the next call
    # starts another.
    # @return [void]
    def disconnect
      Thread.list.find { |thread| thread.name == "llm_router record" }&.kill&.join
      ActiveRecord::Base.connection_pool.disconnect!
      Thread.new { GC.start }.join
      strays = ObjectSpace.each_object(PG::Connection).reject(&:finished?)
      strays.each(&:close) if strays.size <= STRAYS
    end
  end
end
