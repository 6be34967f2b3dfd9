# frozen_string_literal: true

class LlmRouter
  module Budget
    # Why a reservation is refused, and by which of several rows. Those that have room as soon as calls under way give
    # money back are not in the way of long; of the others, it is the one that has room again last.
    # @api private
    class Refusal
      # Seconds after which calls under way may have released their reservations.
      RETRY_AFTER = 5.0
      private_constant :RETRY_AFTER

      # @param row [Budget] as the database has it
      # @param caps [Hash{Object => BigDecimal, nil}] by the row's id, in US dollars; for rows with none of their own
      # @return [BigDecimal, nil] US dollars neither spent nor reserved; nil without a cap
      def self.left(row, caps)
        cap = row[:cap_usd] || caps[row.id]
        cap && (cap - row[:spent_usd] - row[:reserved_usd])
      end

      # @return [Boolean] whether so much more can be reserved
      def self.room?(row, caps, usd)
        left = left(row, caps)
        left.nil? || usd <= left
      end

      # @param rows [Array<Budget>] those that have no room
      # @param usd [BigDecimal] US dollars
      # @param budgets [Array<Budget>] as the caller has them
      def initialize(rows, caps, usd, budgets)
        @held, spent = rows.partition { |row| self.class.room?(row, caps, usd - row[:reserved_usd]) }
        @short = spent.empty? ? @held : spent
        @caps = caps
        @usd = usd
        @budgets = budgets
      end

      # @return [BudgetExceeded]
      def error
        row = @short.max_by { |one| [ends_at(one)&.to_f || Float::INFINITY, -left(one)] }
        BudgetExceeded.new(budget: @budgets.find { |budget| budget.id == row.id }, needed_usd: @usd,
                           left_usd: [left(row), BigDecimal(0)].max, cap_usd: row[:cap_usd] || @caps[row.id],
                           period_ends_at: ends_at(row), retry_after: (retry_after if @short == @held))
      end

      private

      def left(row)
        self.class.left(row, @caps)
      end

      # No later than the next lease ends.
      def retry_after
        [RETRY_AFTER, *@short.filter_map { |row| Lease.seconds_left(row) }].min
      end

      def ends_at(row)
        Database::Period.ends_at(row.period)
      end
    end
  end
end
