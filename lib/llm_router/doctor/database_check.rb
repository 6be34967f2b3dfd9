# frozen_string_literal: true

class LlmRouter
  module Doctor
    # A check of the budgets' and the record's tables.
    # @api private
    class DatabaseCheck < Check
      GENERATE = "Run bin/rails generate llm_router:install, compare its migration with the table, and migrate"

      private

      # Each table by itself.
      def examine
        return none if models.empty? && !config.record_calls

        each_table { |table, name, connection| table(table, name, connection) }
      end

      # @return [Array<Class>] the app's budgets
      def models
        return [] unless known("ActiveRecord::Base")

        known("LlmBudget") # Which is not loaded yet, if code is loaded when it is first named.
        Budget.models
      end

      # Runs the block with each table that should be there.
      # @yieldparam table [Schema] as the generator makes it
      # @yieldparam name [String] as the app calls it
      # @yieldparam connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      def each_table
        models.each do |model|
          names = { "llm_budgets" => model, "llm_charges" => model::Charge, "llm_reservations" => model::Reservation }
          names["llm_answers"] = RememberedAnswers::Table.beside(model) if answers?
          Schema.of("create_llm_budgets").each do |table|
            visit(names[table.name], table) { |*seen| yield(*seen) } if names.key?(table.name)
          end
        end
        return unless config.record_calls

        tables = { "llm_call_stats" => CallRecord::Stat, "llm_incidents" => CallRecord::Incident,
                   "llm_switches" => CallRecord::SwitchRow }
        Schema.of("create_llm_record").each do |table|
          visit(tables.fetch(table.name).model, table) { |*seen| yield(*seen) }
        end
      end

      # Whether answers are kept in a table.
      def answers?
        config.remember_answers && config.answer_store.nil?
      end

      # A database that cannot be read is named once, for its first table.
      def visit(model, table)
        pool = model.connection_pool
        return if unreadable.include?(pool)

        pool.with_connection { |connection| yield(table, model.table_name, connection) }
      rescue ActiveRecord::ActiveRecordError, SystemCallError, LoadError => e
        unreadable << pool
        red("the database of #{model.name} cannot be read: #{e.class}", "Check database.yml and the server")
      end

      def unreadable
        @unreadable ||= []
      end

      def none
        green("no model includes LlmRouter::Budget", known: false)
      end
    end
  end
end
