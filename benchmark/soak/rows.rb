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

    # Since when all is written that the record of calls has counted: what comes later, a kill may lose, and an end of
    # the process that has no time left for it.
    def self.note_writes(journal)
      LlmRouter::CallRecord::Recorder.prepend(Module.new do
        define_method(:flush) do
          began = Rows.now
          super().tap { |whole| journal.note("written", began.floor(3), Process.pid) if whole }
        end

        define_method(:finish) do
          began = Rows.now
          super()
          journal.note("unfinished", began.floor(3), Rows.now.ceil(3), Process.pid) unless empty?
        end
      end)
    end

    # An interrupt may come while the driver opens a connection. Then nothing knows its socket any more.
    def self.note_cut_off_openings(journal)
      pid = Process.pid
      PG::Connection.singleton_class.prepend(Module.new do
        define_method(:new) do |*arguments, **options|
          over = false
          super(*arguments, **options).tap { over = true }
        rescue PG::Error
          over = true
          raise
        ensure
          journal.note("cut_off", "opening") unless over || Process.pid != pid
        end
      end)
    end

    # @return [Float] seconds
    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
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
      Rows.note_cut_off_openings(journal)
      @shared, *@own = BudgetTable::LlmBudget.find(options.fetch("rows")).sort_by(&:id)
      # Rails does this at the end of a request or a job: whoever keeps a connection keeps it also when it has broken.
      ActiveRecord::Base.connection_pool.release_connection
    end

    # @return [Array<Array>] the rows that a call is charged to: the shared one, or that and one without a cap
    def sets
      [[@shared], *@own.map { |row| [row, @shared] }]
    end

    # Also those that an interrupt kept the pool from taking. The record's thread ends first; the next call starts
    # another.
    # @return [void]
    def disconnect
      end_record
      ActiveRecord::Base.connection_pool.disconnect!
      Thread.new { GC.start }.join
    end

    private

    # Between two of its rounds: a connection that it is opening would be lost.
    def end_record
      thread = Thread.list.find { |one| one.name == "llm_router record" }
      return unless thread

      sleep(0.01) while thread.alive? && thread.backtrace.to_a.first(2).grep(/rounds\.rb:\d+:in .*work'/).empty?
      thread.kill.join
    end
  end
end
