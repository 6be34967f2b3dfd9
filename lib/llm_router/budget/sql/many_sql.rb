# frozen_string_literal: true

class LlmRouter
  module Budget
    # The SQL of {ManyInOne}. $1 is a JSON text with the columns of each attempt, so that the statement is the same for
    # any number of them.
    # @api private
    class ManySql < StatementSql
      # $2 is today; the budgets' ids begin here.
      IDS = 3
      USD = "(SELECT usd FROM total)"
      NOW = "(SELECT now FROM total)"
      private_constant :IDS, :USD, :NOW

      def reserve
        <<~SQL
          WITH #{given(@model::Reservation, RESERVATION, :usd)},
          #{updated(IDS, "reserved_usd = b.reserved_usd + #{USD} #{touch(NOW)}") do |row|
            "#{current(row, 2)} AND #{fits(row, USD, IDS)} AND #{no_lease_is_up(row, NOW)}"
          end},
          r AS (
            INSERT INTO #{reservations} (budget_id, #{names(RESERVATION)})
            SELECT b.id, #{of_given(RESERVATION)} FROM b CROSS JOIN i
          )
          SELECT #{figures} FROM b
        SQL
      end

      # The reservation and the charges of each attempt are looked up by its id.
      def settle
        <<~SQL
          WITH #{given(@model::Charge, CHARGE, :cost_usd)},
          #{locked(IDS)},
          held AS (
            SELECT r.id FROM l CROSS JOIN i CROSS JOIN LATERAL (
              SELECT r.id FROM #{reservations} r
              WHERE r.attempt_id = i.attempt_id AND r.budget_id IS NOT DISTINCT FROM l.#{key} LIMIT 1 FOR UPDATE
            ) r
            WHERE #{current('l', 2)} AND (
              SELECT 1 FROM #{charges} c
              WHERE c.attempt_id = i.attempt_id AND c.budget_id IS NOT DISTINCT FROM l.#{key} LIMIT 1
            ) IS NULL
          ),
          d AS (
            DELETE FROM #{reservations} WHERE id = ANY (ARRAY(SELECT id FROM held))
              AND (SELECT COUNT(*) FROM held) = #{@count} * (SELECT count FROM total)
            RETURNING budget_id, usd
          ),
          b AS (
            UPDATE #{budgets} b
            SET spent_usd = b.spent_usd + #{USD}, reserved_usd = b.reserved_usd - d.usd #{touch(NOW)}
            FROM (SELECT budget_id, SUM(usd) AS usd FROM d GROUP BY budget_id) d
            WHERE b.#{key} = d.budget_id #{returning}
          ),
          #{charged(of_given(CHARGE), 'b CROSS JOIN i')}
        SQL
      end

      private

      def update_locks? = false

      # The attempts, with the types of the columns, and their sum.
      def given(record, columns, usd)
        typed = columns.map { |column| "#{names([column])} #{record.columns_hash.fetch(column.to_s).sql_type}" }
        <<~SQL
          i AS (SELECT * FROM json_to_recordset($1::json) AS i(#{typed.join(', ')})),
          total AS (SELECT SUM(#{usd}) AS usd, MIN(created_at) AS now, COUNT(*) AS count FROM i)
        SQL
      end

      def of_given(columns)
        columns.map { |column| "i.#{names([column])}" }.join(", ")
      end
    end
  end
end
