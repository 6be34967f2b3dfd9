# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Deletes rows that are older than +config.keep_incidents+ and +config.keep_stats+, a batch at a time. Switches that
    # are over are kept as long as statistics.
    # @api private
    class Pruning
      # Rows of one table that are deleted at once.
      BATCH = 500
      # Seconds until the next look for old rows, if the last one found less than a batch.
      INTERVAL = 3600.0

      def initialize
        @due = 0.0
      end

      # @param now [Float] seconds, of a monotonic clock
      # @return [Boolean]
      def due?(now)
        now >= @due
      end

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @return [void]
      def run(connection, now)
        config = Configuration.current
        deleted = [delete(connection, Incident, :created_at, config.keep_incidents),
                   delete(connection, Stat, :starts_at, config.keep_stats),
                   delete(connection, SwitchRow, :expires_at, config.keep_stats)]
        @due = now + INTERVAL if deleted.max < BATCH
      end

      private

      def delete(connection, table, column, seconds)
        old = table.where(table.model.arel_table[column].lt(Time.now - seconds)).order(column).limit(BATCH)
        ids = connection.select_values(old.select(:id).to_sql)
        return 0 if ids.empty?

        list = ids.map { |id| connection.quote(id) }.join(", ")
        connection.delete("DELETE FROM #{connection.quote_table_name(table.name)} WHERE id IN (#{list})")
      end
    end
  end
end
