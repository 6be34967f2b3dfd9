# frozen_string_literal: true

class LlmRouter
  module Database
    # A transaction after which the connection is as good as before, also where the database ended it, as in a deadlock.
    # Active Record before 7.1 takes such a connection from the pool and closes it; here it only sees a rollback.
    # @api private
    module Transaction
      # MariaDB's error for a row that is newer than the snapshot: to it a deadlock, by default from 11.6.2 on.
      CHANGED = 1020
      private_constant :CHANGED

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param options [Hash] of Active Record's own transaction
      # @return [Object] what the block returns
      def self.run(connection, **options, &)
        # The outer one has ended, too.
        return connection.transaction(**options, &) if connection.open_transactions.positive?

        ended = nil
        result = connection.transaction(**options) do
          yield
        rescue ActiveRecord::StatementInvalid => e
          changed = %i[error_number error_code].any? { |name| e.cause.try(name) == CHANGED }
          ended = changed ? ActiveRecord::SerializationFailure.new(e.message) : e
          raise ended.is_a?(ActiveRecord::TransactionRollbackError) ? ActiveRecord::Rollback : e
        end
        ended ? raise(ended) : result
      end
    end
  end
end
