# frozen_string_literal: true

class LlmRouter
  module Budget
    # As {OneStatement}, for MariaDB, which takes a block of statements as one. The budgets are locked first and in
    # order. What only has to be looked at is read without a lock.
    # @api private
    class OneBlock < OneStatement
      include TableNames

      # @return [Boolean] whether the database is MariaDB, and its driver can take more than one result
      def self.takes?(connection)
        connection.respond_to?(:mariadb?) && connection.mariadb? && AdapterInternals.abandon_results?(connection)
      end

      # @see OneStatement#reserve
      def reserve(columns, caps)
        usd, now = columns.values_at(:usd, :created_at)
        run(now, { reserved_usd: usd }, fits: fits(usd, caps),
                                        none: "#{reservations} WHERE #{ours} AND expires_at <= #{quote(now)}",
                                        insert: insert(reservations, columns.slice(*StatementSql::RESERVATION)))
      end

      # @see OneStatement#charge
      def charge(columns)
        cost, now = columns.values_at(:cost_usd, :created_at)
        run(now, { spent_usd: cost }, insert: insert(charges, columns, "period_started_on"))
      end

      # @see OneStatement#settle
      def settle(columns, usd)
        attempt_id, cost, now = columns.values_at(:attempt_id, :cost_usd, :created_at)
        run(now, { reserved_usd: -usd, spent_usd: cost }, held: held(attempt_id, usd),
                                                          none: "#{charges} WHERE #{ours} AND #{of(attempt_id)}",
                                                          insert: insert(charges, columns, "period_started_on"))
      end

      # @see OneStatement#release
      def release(attempt_id, now, usd)
        run(now, { reserved_usd: -usd }, held: held(attempt_id, usd))
      end

      private

      # @param changes [Hash{Symbol => BigDecimal}] US dollars that are added to columns of the budgets
      # @param rest [Hash{Symbol => String}] +fits+: a condition of each budget. +none+: rows that must not be there.
      #   +held+: rows that must be there, one for each budget, and are deleted. +insert+: adds a row for each budget
      def run(now, changes, **rest)
        changes = changes.map { |column, usd| "#{column} = #{sum([column], usd)}" }
        changes << "updated_at = #{quote(now)}" if @model.column_names.include?("updated_at")
        guarded { query("UPDATE #{budgets} SET #{changes.join(', ')} WHERE #{ours(key)}", **rest) }
      end

      def query(update, fits: nil, none: nil, held: nil, insert: nil)
        changed = ["#{[update, current, *fits].join(' AND ')} ORDER BY #{key}", *("DELETE FROM #{held}" if held)]
        result = @connection.execute(<<~SQL, "LlmRouter::Budget")
          BEGIN NOT ATOMIC
            DECLARE others, done INT DEFAULT 0;
            DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
            START TRANSACTION;
            #{changed.map { |sql| "#{sql}; SET done = done + ROW_COUNT();" }.join(' ')}
            #{"SELECT COUNT(*) INTO others FROM #{none};" if none}
            IF others = 0 AND done = #{changed.size * @ids.size} THEN
              #{"#{insert};" if insert}
              SELECT CONCAT_WS(' ', spent_usd, reserved_usd, period_started_on, #{key}) FROM #{budgets} WHERE #{ours(key)};
              COMMIT;
            ELSE ROLLBACK;
            END IF;
          END
        SQL
        result.to_a.tap { AdapterInternals.abandon_results(@connection) }
      end

      def sum(columns, usd)
        [*columns, quote(usd)].join(" + ")
      end

      # A cap of the row's own counts, or else the model's.
      def fits(usd, caps)
        cases = @ids.zip(caps).map { |id, cap| "WHEN #{quote(id)} THEN #{quote(cap)}" }
        cap = "COALESCE(cap_usd, CASE #{key} #{cases.join(' ')} END)"
        "COALESCE(#{sum(%w[spent_usd reserved_usd], usd)} <= #{cap}, TRUE)"
      end

      def current
        month, day = Period.starts.values.map { |date| quote(date) }
        "period_started_on >= CASE period WHEN 'monthly' THEN #{month} WHEN 'daily' THEN #{day} " \
          "ELSE period_started_on END"
      end

      # An attempt reserves the same of each.
      def held(attempt_id, usd)
        "#{reservations} WHERE #{of(attempt_id)} AND #{ours} AND usd = #{quote(usd)}"
      end

      def insert(table, columns, *own)
        names = columns.keys.map { |column| @connection.quote_column_name(column) }
        values = columns.values.map { |value| quote(value) }
        "INSERT INTO #{table} (#{['budget_id', *own, *names].join(', ')}) " \
          "SELECT #{[key, *own, *values].join(', ')} FROM #{budgets} WHERE #{ours(key)}"
      end

      def of(attempt_id)
        "attempt_id = #{quote(attempt_id)}"
      end

      def ours(column = "budget_id")
        "#{column} IN (#{@ids.map { |id| quote(id) }.join(', ')})"
      end

      def quote(value)
        @connection.quote(value)
      end
    end
  end
end
