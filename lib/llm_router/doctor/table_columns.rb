# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether tables are there, with all the columns that the generator makes today.
    # @api private
    class TableColumns < DatabaseCheck
      private

      def table(table, name, connection)
        unless connection.data_source_exists?(name)
          return red("#{name} is not there", "Run bin/rails db:migrate, after bin/rails generate llm_router:install")
        end

        missing = table.columns - connection.columns(name).map(&:name)
        return green("#{name} is as the generator makes it") if missing.empty?

        red("#{name} is behind the generator: it lacks #{missing.join(', ')}", GENERATE)
      end
    end
  end
end
