# frozen_string_literal: true

class LlmRouter
  module Budget
    # SQLite's way, where nothing may be locked while Ruby works (see {SqliteBatch}). The rows are read, and written in
    # one go if they are still as they were read; if not, the write fails and all is done anew.
    # @api private
    class Optimistic < CarefulPath
      # Each time somebody else got through, so the act succeeds long before.
      MAX_TRIES = 200
      # All that was computed depends on these.
      READ = %w[cap_usd spent_usd reserved_usd period period_started_on].freeze
      private_constant :MAX_TRIES, :READ

      # @see CarefulPath#run
      def run
        MAX_TRIES.times do |tries|
          snapshots = self.snapshots
          yield snapshots
          return learn(snapshots) if write(snapshots)
        rescue ActiveRecord::RecordNotUnique
          # The next read sees what somebody else added, if that was the reason.
          raise if tries == MAX_TRIES - 1
        end
        raise locked
      end

      private

      # @return [Boolean] false where the rows had changed
      def write(snapshots)
        statements = writes(snapshots) { |snapshot| unchanged(snapshot) }
        statements.empty? || !SqliteBatch.run(@connection, @budgets.first.class, statements).nil?
      end

      # Where this does not hold, NULL is written, which the column refuses.
      def unchanged(snapshot)
        budget = snapshot.budget
        ended = snapshot.ended.map { |id| @connection.quote(id) }.join(", ")
        reservations = @connection.quote_table_name(budget.class::Reservation.table_name)
        same = READ.map do |name|
          "#{@connection.quote_column_name(name)} IS #{@connection.quote(budget.read_attribute_before_type_cast(name))}"
        end
        same << "(SELECT COUNT(*) FROM #{reservations} WHERE id IN (#{ended})) = #{snapshot.ended.size}" if ended != ""
        same.join(" AND ")
      end
    end
  end
end
