# frozen_string_literal: true

class LlmRouter
  module Budget
    # The ledger's tables as its statements name them, quoted. For what has +@connection+ and +@model+.
    # @api private
    module TableNames
      private

      def key
        @connection.quote_column_name(@model.primary_key)
      end

      def budgets
        @connection.quote_table_name(@model.table_name)
      end

      def reservations
        @connection.quote_table_name(@model::Reservation.table_name)
      end

      def charges
        @connection.quote_table_name(@model::Charge.table_name)
      end
    end
  end
end
