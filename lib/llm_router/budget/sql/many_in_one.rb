# frozen_string_literal: true

require "json"
require "llm_router/budget/sql/many_sql"

class LlmRouter
  module Budget
    # As {OneStatement}, for many attempts: for all of them with all rows, or for none.
    # @api private
    class ManyInOne < OneStatement
      # @param rows [Array<Hash>] the columns of the reservations
      # @param caps [Array<BigDecimal, nil>] in US dollars, for rows that have none of their own
      # @return [true, nil] nil where nothing was reserved
      def reserve(rows, caps)
        run(:reserve, [json(rows), today, *@ids, *caps])
      end

      # @param rows [Array<Hash>] the columns of the charges
      # @return [true, nil] nil where nothing was settled
      def settle(rows)
        run(:settle, [json(rows), today, *@ids])
      end

      private

      def statements = ManySql

      def json(rows)
        JSON.generate(rows.map { |row| row.transform_values { |value| text(value) } })
      end
    end
  end
end
