# frozen_string_literal: true

class LlmRouter
  module Budget
    # One short transaction on the rows of some budgets: reads them with what is asked for, lets a block
    # act on their pages, and writes what changed. The block may run more than once.
    # @api private
    class Transaction
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param tables [Array<Array<Budget>>] the budgets of each table, in order
      # @return [Transaction] of the kind that the database needs
      def self.on(connection, tables)
        pool = tables.first.first.class.connection_pool
        kind = if OwnConnection.sqlite?(pool) then Guarded
               elsif OwnConnection.mysql?(pool) then Compound.possible?(connection) ? Compound : Locked
               else
                 Batched
               end
        kind.new(connection, tables)
      end

      def initialize(connection, tables)
        @connection = connection
        @tables = tables
        # Before anything is locked, for the app may look it up in the database.
        @default_caps = tables.flatten.to_h { |budget| [budget.id, budget.class.default_cap_for(budget)] }
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
        cap = budget[:cap_usd] || @default_caps[budget.id]
        Page.new(budget, reservations: reservations, charges: charges, cap: cap)
      end

      def complete!(pages)
        missing = @tables.flatten.reject { |budget| pages.any? { |page| page.budget == budget } }
        raise Row.missing(missing) if missing.any?
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
