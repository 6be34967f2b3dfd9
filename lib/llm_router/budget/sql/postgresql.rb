# frozen_string_literal: true

class LlmRouter
  module Budget
    # One statement, prepared where the app allows that; also for many attempts at once.
    # @api private
    class Postgresql < Statement
      # @param columns [Hash, Array<Hash>] of the reservation, or of many
      # @see Mysql#reserve
      def reserve(columns, caps)
        run(:reserve, columns, RESERVATION, caps.values_at(*@ids))
      end

      # @param columns [Hash, Array<Hash>] of the charge, or of many
      # @see Mysql#settle
      def settle(columns, _usd)
        run(:settle, columns, CHARGE)
      end

      # @see Mysql#charge
      def charge(columns)
        run(:charge, columns, CHARGE)
      end

      # @see Mysql#release
      def release(attempt_id, now, _usd)
        run(:release, { attempt_id: attempt_id, created_at: now }, %i[attempt_id created_at])
      end

      private

      def run(act, columns, names, caps = [])
        many = columns.is_a?(Array)
        sql = @model.ledger_statements[[act, many, @model.table_name, @ids.size]] ||=
          PostgresqlText.new(@connection, @model, @ids.size, names, many).public_send(act).squish
        given = many ? [json(columns)] : columns.values_at(*names)
        values = [*given, Database::Period.day, *@ids, *caps]
        learn(Database::AdapterInternals.execute(@connection, sql, values, alone: !@seen))
      end

      def json(rows)
        JSON.generate(rows.map { |row| row.transform_values { |value| text(value) } })
      end

      def text(value)
        case value
        when BigDecimal then value.to_s("F")
        when Time then Database::AdapterInternals.moment(value)
        else value
        end
      end

      def quoted_date(date) = "DATE #{super}"
    end
  end
end
