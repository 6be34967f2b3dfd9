# frozen_string_literal: true

# The table that the generator's migration makes, in a real database: `describe …, database: :mariadb`.
module BudgetTable
  TEMPLATES = File.expand_path("../../lib/generators/llm_router/install/templates", __dir__)
  # Seconds.
  LONGEST_EXAMPLE = 30
  private_constant :LONGEST_EXAMPLE

  class << self
    def prepare(database)
      Databases.connect(database)
      make_tables
    end

    def make_tables
      require_relative "models"
      ActiveRecord::Migration.suppress_messages do
        migration("create_llm_budgets").migrate(:up)
        migration("create_llm_record").migrate(:up)
        make_owners(ActiveRecord::Base.connection)
      end
      models.each(&:reset_column_information)
      record.each { |table| table.model.reset_column_information }
    end

    def tear_down
      Databases.disconnect
    end

    # Budgets of a day or a month begin anew at midnight, which is not to come in the middle of an example.
    def let_midnight_pass
      left = Time.now.to_date.tomorrow.to_time - Time.now
      sleep(left) if left < LONGEST_EXAMPLE
    end

    def empty
      models.each(&:delete_all)
      ActiveRecord::Base.connection.execute("DELETE FROM llm_answers")
      record.each { |table| table.model.delete_all }
    end

    def record
      [LlmRouter::CallRecord::Stat, LlmRouter::CallRecord::Incident, LlmRouter::CallRecord::SwitchRow]
    end

    private

    def models
      [BudgetTable::LlmBudget, BudgetTable::LlmBudget::Charge, BudgetTable::LlmBudget::Reservation,
       BudgetTable::Organization, BudgetTable::Ticket]
    end

    def migration(name)
      source = File.read(File.join(TEMPLATES, "#{name}.rb.tt"))
      context = Struct.new(:migration_class_name, :primary_key, :budget_key).new(name.camelize)
      space = Module.new
      space.module_eval(ERB.new(source).result(context.instance_eval { binding }), "#{name}.rb")
      space.const_get(name.camelize).new
    end

    def make_owners(connection)
      connection.create_table(:organizations) { |t| t.decimal :llm_cap_usd, precision: 10, scale: 2 }
      connection.create_table(:tickets, id: :string, limit: 50)
    end
  end
end
