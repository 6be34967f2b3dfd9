# frozen_string_literal: true

class LlmRouter
  module Budget
    # As {Locked}, in two round trips: PostgreSQL takes several statements at once. Each of them still
    # sees what was committed when it began, whatever isolation the app has as its default.
    # @api private
    class Batched < Locked
      private

      def together(statements)
        rows(@connection.execute(statements.join("; "), "LlmRouter::Budget"))
      end

      def opening
        [begin_sql, "SET LOCAL lock_timeout = '#{OwnConnection::PATIENCE}s'", *@settings]
      end

      def start_sql
        "BEGIN ISOLATION LEVEL READ COMMITTED"
      end
    end
  end
end
