# frozen_string_literal: true

# The table that the generator's migration makes, in a real database: `describe …, database: :mariadb`.
module BudgetTable
  TEMPLATES = File.expand_path("../../lib/generators/llm_router/install/templates", __dir__)

  class << self
    def prepare(database)
      Databases.connect(database)
      require_relative "models"
      ActiveRecord::Migration.suppress_messages do
        migration.migrate(:up)
        make_owners(ActiveRecord::Base.connection)
      end
      models.each(&:reset_column_information)
    end

    def tear_down
      Databases.disconnect
    end

    def empty
      models.each(&:delete_all)
    end

    private

    def models
      [BudgetTable::LlmBudget, BudgetTable::Organization, BudgetTable::Ticket]
    end

    def migration
      source = File.read(File.join(TEMPLATES, "create_llm_budgets.rb.tt"))
      context = Object.new
      def context.migration_class_name = "CreateLlmBudgets"
      def context.primary_key = nil
      space = Module.new
      space.module_eval(ERB.new(source).result(context.instance_eval { binding }), "create_llm_budgets.rb")
      space.const_get(:CreateLlmBudgets).new
    end

    def make_owners(connection)
      connection.create_table(:organizations) { |t| t.decimal :llm_cap_usd, precision: 10, scale: 2 }
      connection.create_table(:tickets, id: :string, limit: 50)
    end
  end
end
