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
        usd, now = columns.values_at(:usd, :created_at).map { |value| quote(value) }
        block("SELECT COUNT(*) INTO others FROM #{reservations} WHERE #{ours} AND expires_at <= #{now}",
              update("reserved_usd = reserved_usd + #{usd}", now, " AND #{fits(usd, caps)}"), [],
              insert(reservations, columns.slice(*StatementSql::RESERVATION)))
      end

      # @see OneStatement#charge
      def charge(columns)
        cost, now = columns.values_at(:cost_usd, :created_at).map { |value| quote(value) }
        block("SET others = 0", update("spent_usd = spent_usd + #{cost}", now), [],
              insert(charges, columns, "period_started_on"))
      end

      # @see OneStatement#settle
      def settle(columns, usd)
        cost, now = columns.values_at(:cost_usd, :created_at).map { |value| quote(value) }
        attempt = quote(columns.fetch(:attempt_id))
        block("SELECT COUNT(*) INTO others FROM #{charges} WHERE #{ours} AND attempt_id = #{attempt}",
              update("reserved_usd = reserved_usd - #{quote(usd)}, spent_usd = spent_usd + #{cost}", now),
              [delete(attempt, usd)], insert(charges, columns, "period_started_on"))
      end

      # @see OneStatement#release
      def release(attempt_id, now, usd)
        block("SET others = 0", update("reserved_usd = reserved_usd - #{quote(usd)}", quote(now)),
              [delete(quote(attempt_id), usd)])
      end

      private

      def block(look, update, deletions, *insertions)
        changed = ([update] + deletions).map { |sql| "#{sql}; SET done = done + ROW_COUNT()" }
        query(<<~SQL)
          BEGIN NOT ATOMIC
            DECLARE others, done INT DEFAULT 0;
            DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
            START TRANSACTION;
            #{changed.join('; ')};
            #{look};
            IF others = 0 AND done = #{changed.size * @ids.size} THEN
              #{insertions.map { |sql| "#{sql};" }.join(' ')}
              SELECT CONCAT_WS(' ', spent_usd, reserved_usd, period_started_on, #{key}) FROM #{budgets} WHERE #{ours(key)};
              COMMIT;
            ELSE ROLLBACK;
            END IF;
          END
        SQL
      end

      def query(sql)
        guarded do
          result = @connection.execute(sql, "LlmRouter::Budget")
          rows = result.to_a.map { |row| row.is_a?(Hash) ? row.values : row }
          AdapterInternals.abandon_results(@connection)
          rows
        end
      end

      def update(changes, now, condition = nil)
        changes = "#{changes}, updated_at = #{now}" if @model.column_names.include?("updated_at")
        "UPDATE #{budgets} SET #{changes} WHERE #{ours(key)} AND #{current}#{condition} ORDER BY #{key}"
      end

      def fits(usd, caps)
        cases = @ids.zip(caps).map { |id, cap| "WHEN #{quote(id)} THEN #{quote(cap)}" }
        "COALESCE(spent_usd + reserved_usd + #{usd} <= COALESCE(cap_usd, CASE #{key} #{cases.join(' ')} END), TRUE)"
      end

      def current
        month, day = Period.starts.values.map { |date| quote(date) }
        "period_started_on >= CASE period WHEN 'monthly' THEN #{month} WHEN 'daily' THEN #{day} " \
          "ELSE period_started_on END"
      end

      # An attempt reserves the same of each.
      def delete(attempt, usd)
        "DELETE FROM #{reservations} WHERE attempt_id = #{attempt} AND #{ours} AND usd = #{quote(usd)}"
      end

      def insert(table, columns, *own)
        names = columns.keys.map { |column| @connection.quote_column_name(column) }
        values = columns.values.map { |value| quote(value) }
        "INSERT INTO #{table} (#{['budget_id', *own, *names].join(', ')}) " \
          "SELECT #{[key, *own, *values].join(', ')} FROM #{budgets} WHERE #{ours(key)}"
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
