# frozen_string_literal: true

class LlmRouter
  module Budget
    # One cost, booked on one or several rows of the same database: on all or on none.
    # @api private
    class Charge
      # @param budgets [Array<Budget>]
      # @param cost_usd [BigDecimal, Integer, String]
      # @raise [ArgumentError]
      def initialize(budgets, cost_usd)
        # Always the same order, so that no two charges can wait for each other.
        @budgets = budgets.sort_by { |budget| [budget.class.table_name, budget.id.to_s] }
        @cost_usd = Usd.exact(cost_usd, "cost_usd")
        @starts = Period.starts
      end

      # @return [void]
      # @raise [RowMissing, RowLocked, InsideTransaction]
      def make
        raise Row.missing(@budgets) unless @budgets.all?(&:id)

        model = @budgets.first.class
        OwnConnection.open(model) do |connection|
          updates = groups(model.connection_pool).map { |group| [update(connection, group), group] }
          updates.one? ? book(connection, *updates.first) : book_all(connection, updates)
        end
        nil
      end

      private

      # SQLite gets one statement per table: between two of them another thread of this process might
      # wait for the file, with the GVL held, which the thread that has the file needs to go on.
      def groups(pool)
        return @budgets.each_slice(1).to_a unless OwnConnection.sqlite?(pool)

        @budgets.group_by { |budget| budget.class.table_name }.values
      end

      def book_all(connection, updates)
        connection.transaction(requires_new: true) do
          updates.each { |sql, group| book(connection, sql, group) }
        end
      end

      def book(connection, sql, group)
        charged = connection.update(sql, "#{group.first.class} Charge")
        raise Row.missing(@budgets) unless charged == group.size
      end

      def update(connection, group)
        Update.new(connection, group.first.class).sql(group.map(&:id), @cost_usd, @starts)
      end
    end
  end
end
