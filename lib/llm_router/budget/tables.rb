# frozen_string_literal: true

class LlmRouter
  module Budget
    # Raises {TablesMissing}, with the command that makes the tables, if they are not there.
    # @api private
    module Tables
      module_function

      # @param model [Class] a {Budget}
      # @yield what needs them
      # @return [Object] what the block returns
      # @raise [TablesMissing]
      def needed(model)
        yield
      rescue ActiveRecord::StatementInvalid => e
        missing = missing(model)
        raise if missing.empty?

        raise TablesMissing, "#{missing.join(', ')}: no such table in the database of #{model}. Run bin/rails " \
                             "db:migrate (with RAILS_ENV=test for tests); bin/rails generate llm_router:install " \
                             "writes the migration", cause: e
      end

      # @return [Array<String>]
      def missing(model)
        model.connection_pool.with_connection do |connection|
          [model, model::Reservation, model::Charge].map(&:table_name).reject { |name| connection.table_exists?(name) }
        end
      rescue ActiveRecord::ActiveRecordError
        []
      end
    end
  end
end
