# frozen_string_literal: true

class LlmRouter
  module Budget
    # The statements of a {CarefulPath}, for the tables of one model.
    # @api private
    class Statements
      include TableNames

      RESERVATION = %w[id attempt_id usd expires_at model endpoint job_id].freeze
      CHARGE = %w[id attempt_id kind cost_usd period_started_on].freeze

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param model [Class]
      def initialize(connection, model)
        @connection = connection
        @model = model
      end

      # @return [String] a SELECT of the rows, each joined with what {CarefulPath} has to see. Columns of a
      #   reservation begin with "r_", those of a charge with "c_"
      def read(ids, attempt_id: nil, now: nil)
        attempt = attempt_id && "attempt_id = #{@connection.quote(attempt_id)}"
        ended = now && "expires_at <= #{quote(@model::Reservation, :expires_at, now)}"
        joined = [join(reservations, "r", RESERVATION, attempt || ended),
                  *([join(charges, "c", CHARGE, attempt)] if attempt)]
        "SELECT #{['b.*', *joined.map(&:first)].join(', ')} FROM #{budgets} b #{joined.map(&:last).join(' ')} " \
          "WHERE b.#{within(key, ids)}"
      end

      # @param snapshot [Snapshot]
      # @yieldreturn [String] what must still hold; else the statements fail
      # @return [Array<String>]
      def write(snapshot)
        condition = yield snapshot if block_given?
        [update(snapshot, condition), *delete(snapshot.ended),
         *insert(@model::Reservation, snapshot.new_reservations), *insert(@model::Charge, snapshot.new_charges)]
      end

      # @return [String] an UPDATE of the reservations of an attempt
      def mark(ids, attempt_id, columns)
        "UPDATE #{reservations} SET #{assignments(@model::Reservation, columns)} " \
          "WHERE attempt_id = #{@connection.quote(attempt_id)} AND #{within('budget_id', ids)}"
      end

      private

      def join(table, letter, columns, condition)
        [columns.map { |column| "#{letter}.#{name(column)} AS #{letter}_#{column}" }.join(", "),
         "LEFT JOIN #{table} #{letter} ON #{letter}.budget_id = b.#{key} AND #{letter}.#{condition}"]
      end

      def update(snapshot, condition)
        spent = quote(@model, :spent_usd, snapshot.spent)
        spent = "CASE WHEN #{condition} THEN #{spent} END" if condition
        columns = { reserved_usd: snapshot.reserved, period_started_on: snapshot.period_started_on }
        columns[:updated_at] = Time.now if @model.column_names.include?("updated_at")
        "UPDATE #{budgets} SET spent_usd = #{spent}, #{assignments(@model, columns)} " \
          "WHERE #{within(key, [snapshot.budget.id])}"
      end

      def assignments(model, columns)
        columns.map { |column, value| "#{name(column)} = #{quote(model, column, value)}" }.join(", ")
      end

      def delete(ids)
        ["DELETE FROM #{reservations} WHERE #{within(name('id'), ids)}"] if ids.any?
      end

      def insert(model, rows)
        rows.map do |row|
          values = row.map { |column, value| quote(model, column, value) }
          "INSERT INTO #{@connection.quote_table_name(model.table_name)} " \
            "(#{row.keys.map { |column| name(column) }.join(', ')}) VALUES (#{values.join(', ')})"
        end
      end

      def quote(model, column, value)
        @connection.quote(model.type_for_attribute(column.to_s).serialize(value))
      end

      def within(column, ids)
        "#{column} IN (#{ids.map { |id| @connection.quote(id) }.join(', ')})"
      end

      def name(column)
        @connection.quote_column_name(column)
      end
    end
  end
end
