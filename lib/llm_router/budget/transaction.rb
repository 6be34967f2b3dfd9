# frozen_string_literal: true

class LlmRouter
  module Budget
    # One short transaction on the rows of some budgets: reads them with what is asked for, lets a block
    # act on their pages, and writes what changed. The block may run more than once.
    # @api private
    class Transaction
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param tables [Array<Array<Budget>>] the budgets of each table, in order
      # @param options [Hash] as {#initialize} takes them
      # @return [Transaction] of the kind that the database needs
      def self.on(connection, tables, **options)
        pool = tables.first.first.class.connection_pool
        kind = if OwnConnection.sqlite?(pool) then Guarded
               elsif OwnConnection.mysql?(pool) then Compound.possible?(connection) ? Compound : Locked
               else
                 Batched
               end
        kind.new(connection, tables, **options)
      end

      # @return [Hash] the caps of the models, for acts that have to know them
      def self.default_caps(budgets)
        budgets.to_h { |budget| [name_of(budget), budget.class.default_cap_for(budget)] }
      end

      # Rows of two tables may have the same id, and those of one may be of two classes.
      def self.name_of(budget)
        [budget.class.table_name, budget.id]
      end

      # @param settings [Array<String>] statements that come first in it
      # @param partly [Boolean] for acts that are worth doing on the rows that are there, where others have been deleted
      # @param default_caps [Hash] as {.default_caps} returns them
      def initialize(connection, tables, settings:, partly: false, default_caps: {})
        @connection = connection
        @tables = tables
        @settings = settings
        @partial = partly
        @default_caps = default_caps
        # Inside a test's own transaction.
        @nested = connection.open_transactions.positive?
      end

      # @param _look [Look]
      # @yieldparam pages [Array<Page>]
      # @return [void]
      # @raise [RowMissing, RowLocked]
      def run(_look)
        raise NotImplementedError
      end

      private

      def page(budget, reservations, charges)
        cap = budget[:cap_usd] || @default_caps[name_of(budget)]
        Page.new(budget, reservations: reservations, charges: charges, cap: cap)
      end

      def complete!(pages)
        return if @partial && pages.any?

        found = pages.map { |page| name_of(page.budget) }
        missing = @tables.flatten.reject { |budget| found.include?(name_of(budget)) }
        raise Row.missing(missing) if missing.any?
      end

      def name_of(budget)
        Transaction.name_of(budget)
      end

      def sql(model)
        Sql.new(@connection, model)
      end

      def begin_sql
        @nested ? "SAVEPOINT llm_router" : start_sql
      end

      def commit_sql
        @nested ? "RELEASE SAVEPOINT llm_router" : "COMMIT"
      end

      def rollback_sql
        @nested ? "ROLLBACK TO SAVEPOINT llm_router" : "ROLLBACK"
      end
    end
  end
end
