# frozen_string_literal: true

class LlmRouter
  module Budget
    # The statements of the books, for the tables of one model.
    # @api private
    class Sql
      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param model [Class]
      def initialize(connection, model)
        @connection = connection
        @model = model
      end

      # @return [String] a SELECT that waits for the rows, in order, and keeps them
      def lock(ids)
        "SELECT #{name(key)} FROM #{table} WHERE #{within(key, ids)} ORDER BY #{name(key)} FOR UPDATE"
      end

      # @return [String] an UPDATE that does the same, and changes nothing
      def touch(ids)
        "UPDATE #{table} SET #{name(key)} = #{name(key)} WHERE #{within(key, ids)} ORDER BY #{name(key)}"
      end

      # @param look [Look]
      # @return [String] a SELECT of the rows, with what they hold and were charged as far as it is asked for
      def read(ids, look)
        held = join(@model::Reservation, "r", Columns::RESERVATION, held_conditions(look))
        charged = join(@model::Charge, "c", Columns::CHARGE, charged_conditions(look))
        parts = [held, charged].compact
        "SELECT #{['b.*', *parts.map(&:first)].join(', ')} FROM #{table} b #{parts.map(&:last).join(' ')} " \
          "WHERE b.#{within(key, ids)}"
      end

      # @param page [Page]
      # @param guard [String, nil] what must still be so; else the statement fails
      # @return [Array<String>]
      def write(page, guard: nil)
        [update(page, guard), end_of(page.ended), *insert(@model::Reservation, page.new_reservations),
         *insert(@model::Charge, page.new_charges)].compact
      end

      # @return [String] an UPDATE of the reservations of an attempt
      def mark(ids, attempt_id, columns)
        values = columns.map { |column, value| "#{name(column)} = #{quote(@model::Reservation, column, value)}" }
        "UPDATE #{table(@model::Reservation)} SET #{values.join(', ')} WHERE #{within('budget_id', ids)} " \
          "AND attempt_id = #{@connection.quote(attempt_id)}"
      end

      private

      def join(model, letter, columns, conditions)
        return if conditions.empty?

        selected = columns.map { |column| "#{letter}.#{name(column)} AS #{letter}_#{column}" }.join(", ")
        [selected, "LEFT JOIN #{table(model)} #{letter} ON #{letter}.budget_id = b.#{name(key)} " \
                   "AND (#{conditions.join(' OR ')})"]
      end

      def held_conditions(look)
        [("r.expires_at <= #{quote(@model::Reservation, :expires_at, look.now)}" if look.now),
         ("r.attempt_id = #{@connection.quote(look.attempt_id)}" if look.attempt_id)].compact
      end

      def charged_conditions(look)
        [("c.attempt_id = #{@connection.quote(look.attempt_id)}" if look.attempt_id)].compact
      end

      def update(page, guard)
        spent = quote(@model, :spent_usd, page.spent)
        spent = "CASE WHEN #{guard} THEN #{spent} END" if guard
        columns = { reserved_usd: page.reserved, period_started_on: page.period_started_on }
        columns[:updated_at] = Time.now if @model.column_names.include?("updated_at")
        values = columns.map { |column, value| "#{name(column)} = #{quote(@model, column, value)}" }
        "UPDATE #{table} SET #{["spent_usd = #{spent}", *values].join(', ')} WHERE #{within(key, [page.budget.id])}"
      end

      def end_of(ids)
        "DELETE FROM #{table(@model::Reservation)} WHERE #{within('id', ids)}" if ids.any?
      end

      def insert(model, rows)
        rows.map do |row|
          values = row.map { |column, value| quote(model, column, value) }
          "INSERT INTO #{table(model)} (#{row.keys.map { |column| name(column) }.join(', ')}) " \
            "VALUES (#{values.join(', ')})"
        end
      end

      def quote(model, column, value)
        @connection.quote(model.type_for_attribute(column.to_s).serialize(value))
      end

      def within(column, ids)
        "#{name(column)} IN (#{ids.map { |id| @connection.quote(id) }.join(', ')})"
      end

      def key
        @model.primary_key
      end

      def table(model = @model)
        @connection.quote_table_name(model.table_name)
      end

      def name(column)
        @connection.quote_column_name(column)
      end
    end
  end
end
