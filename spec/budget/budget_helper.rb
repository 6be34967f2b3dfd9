# frozen_string_literal: true

require_relative "budget_table"

module BudgetTable
  # What the examples share.
  module Helpers
    def model
      BudgetTable::LlmBudget
    end

    def organization
      @organization ||= BudgetTable::Organization.create!
    end

    # A model with its own class methods, over the same table.
    def model_with(&)
      named = Class.new(model) { def self.name = "LlmBudget" }
      named.class_exec(&)
      named
    end

    def connection
      ActiveRecord::Base.connection
    end

    def usd(text)
      BigDecimal(text)
    end

    def spent(budget)
      model.find(budget.id).spent_usd
    end

    # The statements that go to the database, those that go together as one.
    def round_trips(&)
      statements = []
      listener = ->(*, payload) { statements << payload[:sql] unless payload[:name] == "SCHEMA" }
      ActiveSupport::Notifications.subscribed(listener, "sql.active_record", &)
      statements
    end

    def in_environment(name)
      allow(LlmRouter::Database).to receive(:environment).and_return(name)
      yield
    ensure
      allow(LlmRouter::Database).to receive(:environment).and_return("production")
    end

    # Runs the block in so many processes, each with a connection pool of its own.
    def in_processes(count)
      pids = Array.new(count) { |index| fork { work { yield index } } }
      statuses = pids.map { |pid| Process.wait2(pid).last }
      expect(statuses).to all(be_success)
    end

    def work
      yield
      ok = true
    rescue Exception => e # rubocop:disable Lint/RescueException
      warn e.full_message
    ensure
      exit!(ok ? 0 : 1)
    end

    # What Rails does around a test.
    def in_a_test
      require "active_record/fixtures"
      fixtures = Class.new do
        include ActiveRecord::TestFixtures
        def name = "a test"
      end.new
      in_environment("test") do
        fixtures.send(:setup_fixtures)
        yield
      ensure
        fixtures.send(:teardown_fixtures)
      end
    end

    def rolled_back(**options)
      model.transaction(**options) do
        yield
        raise ActiveRecord::Rollback
      end
    end
  end
end

RSpec.configure do |config|
  config.before(:context, :database) do
    BudgetTable.prepare(self.class.metadata[:database])
  end
  config.after(:context, :database) { BudgetTable.tear_down }
  config.include BudgetTable::Helpers, :database
  config.before(:example, :database) do
    extend ActiveSupport::Testing::TimeHelpers
    BudgetTable.let_midnight_pass
    BudgetTable.empty
    allow(LlmRouter::Database).to receive(:environment).and_return("production")
    LlmRouter.configure { |settings| settings.logger = Logger.new(log_io) }
  end
  config.after(:example, :database) do
    travel_back
    Time.zone_default = nil
    Time.zone = nil
  end
end
