# frozen_string_literal: true

class LlmRouter
  module Database
    # Where a table's bare name leads: PostgreSQL's search_path, MySQL's current database.
    # @api private
    module Schema
      # Reads the value, or only one that is not the connection's default.
      POSTGRESQL = ["SHOW search_path",
                    "SELECT setting FROM pg_settings WHERE name = 'search_path' AND setting <> reset_val"].freeze
      WITHIN = :llm_router_schema
      private_constant :POSTGRESQL, :WITHIN

      module_function

      # @param schema [String, nil] nil for that of the connection
      # @yield with budgets used in that schema
      def within(schema, &)
        FiberLocal.set(WITHIN, schema, &)
      end

      # @return [String, nil] see {.within}
      def given
        Thread.current[WITHIN]
      end

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @return [String, nil] nil where there is no such thing
      def of(connection)
        case connection.adapter_name
        when /postg/i then value(connection, POSTGRESQL.first)
        when /mysql|trilogy/i then value(connection, "SELECT DATABASE()")
        end
      end

      # @return [String, nil] what the app has set by itself
      def chosen(connection)
        return value(connection, POSTGRESQL.last) if connection.adapter_name.match?(/postg/i)

        schema = of(connection)
        schema unless schema == connection.pool.db_config.database
      end

      # @return [String] the statement that sets it; in PostgreSQL until the transaction ends
      def enter(connection, schema)
        return "USE #{connection.quote_column_name(schema)}" if connection.adapter_name.match?(/mysql|trilogy/i)

        "SELECT set_config('search_path', #{connection.quote(schema)}, true)"
      end

      # A query cache would not notice a SET.
      def value(connection, sql)
        connection.uncached { connection.select_value(sql, "LlmRouter::Budget") }
      end
    end
  end
end
