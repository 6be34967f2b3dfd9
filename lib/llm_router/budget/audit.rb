# frozen_string_literal: true

class LlmRouter
  module Budget
    # Checks a model's ledger: +spent_usd+ of a row must be the sum of its period's charges, and +reserved_usd+ the sum
    # of its reservations. `rails llm_router:audit_budgets` runs it.
    #
    # @example
    #   LlmRouter::Budget::Audit.new(LlmBudget).differences.each { |line| puts line }
    class Audit
      # Rows that are read at once, with their charges and reservations.
      BATCH_SIZE = 1000
      private_constant :BATCH_SIZE

      # Prints the differences.
      # @param models [Array<Class>]
      # @return [Boolean] whether all is well
      def self.run(models, out: $stdout)
        out.puts "There is no model that includes LlmRouter::Budget." if models.empty?
        models.map { |model| new(model).report(out) }.all?
      end

      # @param model [Class] a {Budget}
      def initialize(model)
        @model = model
      end

      # @return [Boolean] whether all is well
      def report(out)
        found = Progress.of("auditing #{@model}: row", total: @model.unscoped.count) do |progress|
          differences { |rows| progress.step(rows) }
        end
        out.puts found
        out.puts "#{@model}: #{found.size} of #{@model.unscoped.count} budgets differ from what is on record."
        found.empty?
      end

      # @yieldparam rows [Integer] how many more have been audited
      # @return [Array<String>] a sentence for each row that differs; empty if all is well
      def differences
        @model.unscoped.in_batches(of: BATCH_SIZE).flat_map do |batch|
          ids = batch.pluck(@model.primary_key)
          found = rows(ids).filter_map { |budget, charged, reserved| sentence(budget, charged, reserved) }
          yield ids.size if block_given?
          found
        end
      end

      private

      def rows(ids)
        @model.transaction(**snapshot) do
          budgets = @model.unscoped.where(@model.primary_key => ids).to_a
          current = @model::Charge.where(budget_id: ids, period_started_on: budgets.map(&:period_started_on).uniq)
          charged = current.group(:budget_id, :period_started_on).sum(:cost_usd)
          reserved = @model::Reservation.where(budget_id: ids).group(:budget_id).sum(:usd)
          budgets.map do |budget|
            [budget, charged.fetch([budget.id, budget.period_started_on], 0), reserved.fetch(budget.id, 0)]
          end
        end
      end

      # The same moment for all three.
      def snapshot
        nested = @model.connection_pool.with_connection(&:transaction_open?)
        nested || Database.sqlite?(@model.connection_pool) ? {} : { isolation: :repeatable_read }
      end

      def sentence(budget, charged, reserved)
        wrong = [differs("spent_usd", budget[:spent_usd], "charges", charged),
                 differs("reserved_usd", budget[:reserved_usd], "reservations", reserved)].compact
        "#{@model.table_name} #{budget.id} (#{budget.scope_in_words}): #{wrong.join('; ')}" if wrong.any?
      end

      def differs(column, said, records, sum)
        return if said == sum

        "#{column} is #{said.to_s('F')}, its #{records} are #{sum.to_d.to_s('F')}: #{(said - sum).to_s('F')} USD apart"
      end
    end
  end
end
