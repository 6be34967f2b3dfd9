# frozen_string_literal: true

class LlmRouter
  module Budget
    # The SQL of {Postgresql}. The budgets are locked first and in order, so that whoever holds a reservation's row
    # holds its budget's; where there is only one and no reservation, its UPDATE is the lock. A plan is made while the
    # tables are small, and kept: conditions are written so that only one index fits each.
    #
    # The parameters are the columns of the attempt, or for many attempts a JSON text of them; then today, the ids of
    # the budgets, and their caps.
    # @api private
    class PostgresqlText < Statement
      # @param count [Integer] how many budgets
      # @param columns [Array<Symbol>] of an attempt
      # @param many [Boolean] whether it is for many attempts
      def initialize(connection, model, count, columns, many) # rubocop:disable Lint/MissingSuper
        @connection = connection
        @model = model
        @count = count
        @columns = columns
        @many = many
        @day = many ? 2 : columns.size + 1
      end

      def reserve
        changes = "reserved_usd = b.reserved_usd + #{total(:usd)} #{touch}"
        <<~SQL
          WITH #{given(@model::Reservation, :usd)}
          #{updated(changes) { |row| "#{current(row)} AND #{fits(row)} AND #{no_lease_is_up(row)}" }},
          r AS (
            INSERT INTO #{reservations} (budget_id, #{names}) SELECT b.id, #{values} FROM b #{'CROSS JOIN i' if @many}
          )
          SELECT #{figures} FROM b
        SQL
      end

      def settle
        <<~SQL
          WITH #{given(@model::Charge, :cost_usd)}
          #{given_back("#{current('l')} AND #{uncharged}", "spent_usd = b.spent_usd + #{total(:cost_usd)},")}, #{charged}
        SQL
      end

      # Of what nobody has charged: its id is new, or all is locked.
      def charge
        changes = "spent_usd = b.spent_usd + #{total(:cost_usd)} #{touch}"
        "WITH #{updated(changes) { |row| current(row) }}, #{charged}"
      end

      def release
        "WITH #{given_back(current('l'))} SELECT #{figures} FROM b"
      end

      private

      # The attempts, with the types of the columns, and their sum.
      def given(record, usd)
        return unless @many

        typed = @columns.map { |name| "#{quoted(name)} #{record.columns_hash.fetch(name.to_s).sql_type}" }
        "i AS (SELECT * FROM json_to_recordset($1::json) AS i(#{typed.join(', ')})), " \
          "total AS (SELECT SUM(#{usd}) AS #{usd}, MIN(created_at) AS created_at, COUNT(*) AS count FROM i),"
      end

      # All budgets, or none: where there are several, their conditions are read once all are locked.
      # @yieldparam row [String] what the condition is about
      # @yieldreturn [String] a condition
      def updated(changes)
        alone = @count == 1 && !@many
        <<~SQL
          #{"#{locked}," unless alone}
          b AS (
            UPDATE #{budgets} b SET #{changes} WHERE #{within} AND #{lock_timeout}
              AND #{alone ? yield('b') : "(SELECT COUNT(*) FROM l WHERE #{yield('l')}) = #{@count}"} #{returning}
          )
        SQL
      end

      # Ends reservations, of each attempt with each budget, or none.
      # @param condition [String] of what is locked
      def given_back(condition, changes = "")
        alone = @count == 1 && !@many
        ended = alone ? "d" : "(SELECT budget_id, SUM(usd) AS usd FROM d GROUP BY budget_id) d"
        <<~SQL
          #{locked}, #{alone ? deleted(condition) : deleted_with_all(condition)},
          b AS (
            UPDATE #{budgets} b SET #{changes} reserved_usd = b.reserved_usd - d.usd #{touch}
            FROM #{ended} WHERE b.#{key} = d.budget_id #{returning}
          )
        SQL
      end

      def deleted(condition)
        "d AS (DELETE FROM #{reservations} r USING l WHERE #{of_attempt('r')} AND #{condition} " \
          "RETURNING r.budget_id, r.usd)"
      end

      # Another may have ended them before the budgets were locked: only under lock is it certain that all are there.
      def deleted_with_all(condition)
        <<~SQL
          held AS (
            SELECT r.id FROM l #{'CROSS JOIN i' if @many} CROSS JOIN LATERAL (
              SELECT r.id FROM #{reservations} r WHERE #{of_attempt('r')} LIMIT 1 FOR UPDATE
            ) r WHERE #{condition}
          ),
          d AS (
            DELETE FROM #{reservations} WHERE id = ANY (ARRAY(SELECT id FROM held))
              AND (SELECT COUNT(*) FROM held) = #{@count}#{' * (SELECT count FROM total)' if @many}
            RETURNING budget_id, usd
          )
        SQL
      end

      def uncharged = "(SELECT 1 FROM #{charges} c WHERE #{of_attempt('c')} LIMIT 1) IS NULL"

      def of_attempt(row)
        "#{row}.attempt_id = #{@many ? 'i.attempt_id' : '$1'} AND #{row}.budget_id IS NOT DISTINCT FROM l.#{key}"
      end

      # What the budgets say now, as the rest of a statement reads it from b.
      def returning = "RETURNING b.#{key} AS id, b.spent_usd, b.reserved_usd, b.period_started_on"

      # The end of a statement that charges each budget of b.
      def charged
        <<~SQL
          c AS (
            INSERT INTO #{charges} (budget_id, period_started_on, #{names})
            SELECT b.id, b.period_started_on, #{values} FROM b #{'CROSS JOIN i' if @many}
          )
          SELECT #{figures} FROM b
        SQL
      end

      def locked
        <<~SQL
          l AS (
            SELECT b.#{key}, spent_usd, reserved_usd, cap_usd, period, period_started_on FROM #{budgets} b
            WHERE #{within} AND #{lock_timeout} ORDER BY b.#{key} FOR UPDATE
          )
        SQL
      end

      # The statement is a transaction of its own, so that no session keeps this.
      def lock_timeout
        "(SELECT set_config('lock_timeout', '#{Database::OwnConnection::LOCK_TIMEOUT}s', true)) IS NOT NULL"
      end

      def current(row)
        "#{row}.period_started_on >= CASE #{row}.period WHEN 'daily' THEN $#{@day}::date WHEN 'monthly' THEN " \
          "date_trunc('month', $#{@day}::date::timestamp)::date ELSE #{row}.period_started_on END"
      end

      # A cap of the row's own counts, or else the model's.
      def fits(row)
        cases = ids.zip(ids(@count)).map { |id, cap| "WHEN #{id} THEN #{cap}::numeric" }
        "COALESCE(#{row}.spent_usd + #{row}.reserved_usd + #{total(:usd)} <= " \
          "COALESCE(#{row}.cap_usd, CASE #{row}.#{key} #{cases.join(' ')} END), TRUE)"
      end

      def no_lease_is_up(row)
        "(SELECT 1 FROM #{reservations} r WHERE r.budget_id = #{row}.#{key} " \
          "AND r.expires_at <= #{total(:created_at)} LIMIT 1) IS NULL"
      end

      def within = "b.#{key} IN (#{ids.join(', ')})"

      def figures = "spent_usd, reserved_usd, period_started_on, id"

      def touch
        ", updated_at = #{total(:created_at)}" if @model.column_names.include?("updated_at")
      end

      def ids(after = 0)
        Array.new(@count) { |index| "$#{@day + 1 + after + index}" }
      end

      # Of all attempts.
      def total(column) = @many ? "(SELECT #{column} FROM total)" : "$#{@columns.index(column) + 1}"

      # Of each attempt.
      def values
        @columns.each_index.map { |index| @many ? "i.#{quoted(@columns[index])}" : "$#{index + 1}" }.join(", ")
      end

      def names = @columns.map { |column| quoted(column) }.join(", ")

      def quoted(column) = @connection.quote_column_name(column)
    end
  end
end
