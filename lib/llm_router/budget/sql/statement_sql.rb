# frozen_string_literal: true

class LlmRouter
  module Budget
    # The SQL of {OneStatement}. The budgets are locked first and in order, so that whoever holds a reservation's row
    # holds its budget's; where there is only one and no reservation, its UPDATE is the lock. A plan is made while the
    # tables are small, and kept: conditions are written so that only one index fits each.
    # @api private
    class StatementSql
      include TableNames

      # Columns in the order of the parameters, which begin with them.
      RESERVATION = %i[attempt_id key usd model endpoint job_id expires_at created_at].freeze
      CHARGE = %i[attempt_id kind cost_usd model endpoint job_id generation_id prompt_tokens completion_tokens
                  tags created_at].freeze

      # @param count [Integer] how many budgets
      def initialize(connection, model, count)
        @connection = connection
        @model = model
        @count = count
      end

      def reserve
        day = RESERVATION.size + 1
        usd = number(RESERVATION, :usd)
        now = number(RESERVATION, :created_at)
        <<~SQL
          WITH #{updated(day + 1, "reserved_usd = b.reserved_usd + #{usd} #{touch(now)}") do |row|
            "#{current(row, day)} AND #{fits(row, usd, day + 1)} AND #{no_lease_is_up(row, now)}"
          end},
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
        day = CHARGE.size + 1
        changes = "spent_usd = b.spent_usd + #{number(CHARGE, :cost_usd)} #{touch(number(CHARGE, :created_at))}"
        <<~SQL
          WITH #{updated(day + 1, changes) { |row| current(row, day) }},
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

      # All budgets, or none: where there are several, their conditions are read once all are locked.
      # @yieldparam row [String] what the condition is about
      # @yieldreturn [String] a condition
      def updated(first, changes)
        <<~SQL
          #{"#{locked(first)}," unless update_locks?}
          b AS (
            UPDATE #{budgets} b SET #{changes} WHERE #{within('b', first)} AND #{lock_timeout}
              AND #{update_locks? ? yield('b') : "(SELECT COUNT(*) FROM l WHERE #{yield('l')}) = #{@count}"} #{returning}
          )
        SQL
      end

      # Whether the row needs no lock of its own before.
      def update_locks? = @count == 1

      # What the budgets say now, as the rest of a statement reads it from b.
      def returning
        "RETURNING b.#{key} AS id, b.spent_usd, b.reserved_usd, b.period_started_on"
      end

      # The end of a statement that charges each budget of b.
      # @param values [String] of the columns of {CHARGE}
      # @param rows [String] the budgets, with what the values are taken from
      def charged(values = numbers(CHARGE), rows = "b")
        <<~SQL
          c AS (
            INSERT INTO #{charges} (budget_id, period_started_on, #{names(CHARGE)})
            SELECT b.id, b.period_started_on, #{values} FROM #{rows}
          )
          SELECT #{figures} FROM b
        SQL
      end

      def locked(first)
        <<~SQL
          l AS (
            SELECT b.#{key}, spent_usd, reserved_usd, cap_usd, period, period_started_on FROM #{budgets} b
            WHERE #{within('b', first)} AND #{lock_timeout} ORDER BY b.#{key} FOR UPDATE
          )
        SQL
      end

      # The statement is a transaction of its own, so that no session keeps this.
      def lock_timeout
        "(SELECT set_config('lock_timeout', '#{OwnConnection::LOCK_TIMEOUT}s', true)) IS NOT NULL"
      end

      # The reservations of the attempt $1, which another may have ended before the budgets were locked: where there
      # are several, it is certain under lock that all are there.
      def ended(day)
        held = <<~SQL
          r.attempt_id = $1 AND r.budget_id IS NOT DISTINCT FROM l.#{key} AND #{current('l', day)} AND (
            SELECT 1 FROM #{charges} c WHERE c.attempt_id = $1 AND c.budget_id IS NOT DISTINCT FROM l.#{key} LIMIT 1
          ) IS NULL
        SQL
        several = "held AS (SELECT r.id FROM #{reservations} r, l WHERE #{held} FOR UPDATE OF r)," unless @count == 1
        ended = "held h WHERE r.id = h.id AND (SELECT COUNT(*) FROM held) = #{@count}" if several
        <<~SQL
          #{locked(day + 1)}, #{several}
          d AS (DELETE FROM #{reservations} r USING #{ended || "l WHERE #{held}"} RETURNING r.budget_id, r.usd)
        SQL
      end

      def current(row, day)
        "#{row}.period_started_on >= CASE #{row}.period WHEN 'daily' THEN $#{day}::date WHEN 'monthly' THEN " \
          "date_trunc('month', $#{day}::date::timestamp)::date ELSE #{row}.period_started_on END"
      end

      # A cap of the row's own counts, or else the model's.
      def fits(row, usd, first)
        cases = ids(first).zip(ids(first + @count)).map { |id, cap| "WHEN #{id} THEN #{cap}::numeric" }
        "COALESCE(#{row}.spent_usd + #{row}.reserved_usd + #{usd} <= " \
          "COALESCE(#{row}.cap_usd, CASE #{row}.#{key} #{cases.join(' ')} END), TRUE)"
      end

      def no_lease_is_up(row, now)
        "(SELECT 1 FROM #{reservations} r WHERE r.budget_id = #{row}.#{key} AND r.expires_at <= #{now} LIMIT 1) IS NULL"
      end

      def within(row, first)
        "#{row}.#{key} IN (#{ids(first).join(', ')})"
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
