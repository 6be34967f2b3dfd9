# frozen_string_literal: true

class LlmRouter
  module Budget
    # Reserves, settles, charges or releases with rows of one table, all of them or none, in one round trip where the
    # database can do that: {Postgresql}, {Mysql}, {Sqlite}. It does only what needs no thought. Where it does nothing,
    # the {CarefulPath} decides.
    # @api private
    class Statement
      NAME = "LlmRouter::Budget"
      RESERVATION = %i[attempt_id key usd model endpoint job_id expires_at created_at].freeze
      CHARGE = %i[attempt_id kind cost_usd model endpoint job_id generation_id prompt_tokens completion_tokens
                  tags created_at].freeze

      # @param seen [Boolean] whether the budgets are as the {CarefulPath} has read them
      # @param beside [Beside, nil] what SQLite writes with a charge
      # @return [Statement] of the kind that the database needs
      def self.on(connection, budgets, seen: false, beside: nil)
        case connection.adapter_name
        when "PostgreSQL" then Postgresql
        when "SQLite" then Sqlite
        else Mysql
        end.new(connection, budgets, seen, beside)
      end

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param budgets [Array<Budget>] of one table
      def initialize(connection, budgets, seen, beside)
        @connection = connection
        @budgets = budgets
        @seen = seen
        @beside = beside
        @model = budgets.first.class
        @ids = budgets.one? ? [budgets.first.id] : budgets.map(&:id).uniq
      end

      # Begins the current period, where another is over.
      # @return [Boolean]
      def turn
        change("UPDATE #{budgets} SET spent_usd = #{quote(BigDecimal(0))}, period_started_on = #{start} " \
               "WHERE #{ours(key)} AND NOT (#{current})")
        true
      end

      # Notes that an attempt may have been billed.
      # @param generation_id [String, nil]
      # @return [void]
      def mark(attempt_id, generation_id)
        change("UPDATE #{reservations} SET uncertain = #{quote(true)}, generation_id = #{quote(generation_id)} " \
               "WHERE #{of(attempt_id)} AND #{ours}")
      end

      private

      def change(sql)
        @connection.update(sql, NAME)
      end

      # @param rows [Array<Array>] what each budget says after the act: spent, reserved, start of the period, id
      # @return [true, nil] nil if nothing was done
      def learn(rows)
        @connection.clear_query_cache if @connection.query_cache_enabled
        rows.each { |*figures, id| of_row(id).each { |budget| budget.learn(*figures) } }
        true if rows.any?
      end

      def of_row(id)
        return @budgets if @ids.size == 1

        id = @model.type_for_attribute(@model.primary_key).deserialize(id)
        @budgets.select { |budget| budget.id == id }
      end

      def current = "period_started_on >= #{start}"

      # When the period that is running now began.
      def start
        starts = Database::Period.starts.map { |name, date| "WHEN '#{name}' THEN #{quoted_date(date)}" }
        "CASE period #{starts.join(' ')} ELSE period_started_on END"
      end

      def quoted_date(date) = "'#{date.iso8601}'"

      def of(attempt_id)
        "attempt_id = #{quote(attempt_id)}"
      end

      def ours(column = "budget_id")
        @quoted_ids ||= @ids.map { |id| quote(id) }.join(", ")
        "#{column} IN (#{@quoted_ids})"
      end

      def quote(value)
        @connection.quote(value.is_a?(Time) ? Database::AdapterInternals.moment(value) : value)
      end

      def key = @key ||= @connection.quote_column_name(@model.primary_key)

      def budgets = @connection.quote_table_name(@model.table_name)

      def reservations = @reservations ||= @connection.quote_table_name(@model::Reservation.table_name)

      def charges = @charges ||= @connection.quote_table_name(@model::Charge.table_name)
    end
  end
end
