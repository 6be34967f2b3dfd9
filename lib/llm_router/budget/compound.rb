# frozen_string_literal: true

class LlmRouter
  module Budget
    # As {Locked}, in two round trips: MariaDB takes a block of statements as one.
    # @api private
    class Compound < Locked
      # @return [Boolean] whether the database is MariaDB, and its driver can take more than one result
      def self.possible?(connection)
        connection.mariadb? && AdapterInternals.abandon_results?(connection)
      end

      private

      def together(statements)
        result = @connection.execute("BEGIN NOT ATOMIC #{statements.join('; ')}; END", "LlmRouter::Budget")
        rows(result).tap { AdapterInternals.abandon_results(@connection) }
      end

      # Only one statement of a block may answer with rows, and that is the read.
      def lock(model, ids)
        sql(model).touch(ids)
      end
    end
  end
end
