# frozen_string_literal: true

class LlmRouter
  module Budget
    # The SQL of {OneStatement}. The budgets are locked first and in order, so that whoever holds a reservation's row
    # holds its budget's. A plan is made while the tables are small, and kept: conditions are written so that only one
    # index fits each.
    # @api private
    class StatementSql
      include TableNames

      # Columns in the order of the parameters, which begin with them.
      RESERVATION = %i[attempt_id key usd model endpoint job_id expires_at created_at].freeze
      CHARGE = %i[attempt_id kind cost_usd model endpoint job_id generation_id prompt_tokens completion_tokens
                  created_at].freeze

      # @param count [Integer] how many budgets
      def initialize(connection, model, count)
        @connection = connection
        @model = model
        @count = count
      end

      def reserve
        first = RESERVATION.size + 1
        usd = number(RESERVATION, :usd)
        now = number(RESERVATION, :created_at)
        <<~SQL
          WITH #{locked(first + 2)},
          fitting AS (
            SELECT l.id FROM l WHERE #{current(first)}
              AND COALESCE(l.spent_usd + l.reserved_usd + #{usd} <= COALESCE(l.cap_usd, #{caps(first + 2)}), TRUE)
              AND (SELECT 1 FROM #{reservations} r WHERE r.budget_id = l.id AND r.expires_at <= #{now} LIMIT 1) IS NULL
          ),
          b AS (
            UPDATE #{budgets} b SET reserved_usd = b.reserved_usd + #{usd} #{touch(now)}
            FROM fitting f WHERE b.#{key} = f.id AND #{all('fitting')} #{returning}
          ),
          r AS (
            INSERT INTO #{reservations} (budget_id, #{names(RESERVATION)})
            SELECT b.id, #{numbers(RESERVATION)} FROM b
          )
          SELECT #{figures} FROM b
        SQL
      end

      def settle
        usd = number(CHARGE, :cost_usd)
        now = number(CHARGE, :created_at)
        <<~SQL
          WITH #{ended(CHARGE.size + 1)},
          b AS (
            UPDATE #{budgets} b SET spent_usd = b.spent_usd + #{usd}, reserved_usd = b.reserved_usd - d.usd #{touch(now)}
            FROM d WHERE b.#{key} = d.budget_id #{returning}
          ),
          #{charged}
        SQL
      end

      # Of what nobody has reserved or charged: its id is new.
      def charge
        <<~SQL
          WITH #{locked(CHARGE.size + 3)},
          fresh AS (SELECT l.id FROM l WHERE #{current(CHARGE.size + 1)}),
          b AS (
            UPDATE #{budgets} b SET spent_usd = b.spent_usd + #{number(CHARGE, :cost_usd)} #{touch(number(CHARGE, :created_at))}
            FROM fresh f WHERE b.#{key} = f.id AND #{all('fresh')} #{returning}
          ),
          #{charged}
        SQL
      end

      def release
        <<~SQL
          WITH #{ended(3)},
          b AS (
            UPDATE #{budgets} b SET reserved_usd = b.reserved_usd - d.usd #{touch('$2')}
            FROM d WHERE b.#{key} = d.budget_id #{returning}
          )
          SELECT #{figures} FROM b
        SQL
      end

      private

      # What the budgets say now, as the rest of a statement reads it from b.
      def returning
        "RETURNING b.#{key} AS id, b.spent_usd, b.reserved_usd, b.period_started_on"
      end

      # The end of a statement that charges each budget of b.
      def charged
        <<~SQL
          c AS (
            INSERT INTO #{charges} (budget_id, period_started_on, #{names(CHARGE)})
            SELECT b.id, b.period_started_on, #{numbers(CHARGE)} FROM b
          )
          SELECT #{figures} FROM b
        SQL
      end

      def locked(first)
        <<~SQL
          l AS (
            SELECT #{key} AS id, spent_usd, reserved_usd, cap_usd, period, period_started_on FROM #{budgets}
            WHERE #{key} IN (#{ids(first).join(', ')}) AND #{lock_timeout} ORDER BY #{key} FOR UPDATE
          )
        SQL
      end

      # The statement is a transaction of its own, so that no session keeps this.
      def lock_timeout
        "(SELECT set_config('lock_timeout', '#{OwnConnection::LOCK_TIMEOUT}s', true)) IS NOT NULL"
      end

      # The reservations of the attempt $1, which another may have ended before the budgets were locked.
      def ended(first)
        <<~SQL
          #{locked(first + 2)},
          held AS (
            SELECT r.id FROM #{reservations} r JOIN l ON r.budget_id IS NOT DISTINCT FROM l.id
            WHERE r.attempt_id = $1 AND #{current(first)} AND (
              SELECT 1 FROM #{charges} c WHERE c.attempt_id = $1 AND c.budget_id IS NOT DISTINCT FROM l.id LIMIT 1
            ) IS NULL
            FOR UPDATE OF r
          ),
          d AS (
            DELETE FROM #{reservations} r USING held h WHERE r.id = h.id AND #{all('held')}
            RETURNING r.budget_id, r.usd
          )
        SQL
      end

      def current(first)
        "l.period_started_on >= CASE l.period WHEN 'monthly' THEN $#{first}::date " \
          "WHEN 'daily' THEN $#{first + 1}::date ELSE l.period_started_on END"
      end

      def caps(first)
        cases = ids(first).zip(ids(first + @count)).map { |id, cap| "WHEN #{id} THEN #{cap}::numeric" }
        "CASE l.id #{cases.join(' ')} END"
      end

      def all(rows)
        @count == 1 ? "TRUE" : "(SELECT COUNT(*) FROM #{rows}) = #{@count}"
      end

      # One text, as {OneBlock} gives it, too. The id may have spaces in it.
      def figures
        "concat_ws(' ', spent_usd, reserved_usd, to_char(period_started_on, 'YYYY-MM-DD'), id)"
      end

      def touch(now)
        ", updated_at = #{now}" if @model.column_names.include?("updated_at")
      end

      def ids(first)
        Array.new(@count) { |index| "$#{first + index}" }
      end

      def number(columns, column)
        "$#{columns.index(column) + 1}"
      end

      def numbers(columns)
        columns.map { |column| number(columns, column) }.join(", ")
      end

      def names(columns)
        columns.map { |column| @connection.quote_column_name(column) }.join(", ")
      end
    end
  end
end
