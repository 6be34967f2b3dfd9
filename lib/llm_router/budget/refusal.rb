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

      # @param snapshots [Array<Snapshot>] those that have no room
      # @param usd [BigDecimal] US dollars
      # @param budgets [Array<Budget>] as the caller has them
      def initialize(snapshots, usd, budgets)
        @held, spent = snapshots.partition { |snapshot| snapshot.fits_later?(usd) }
        @short = spent.empty? ? @held : spent
        @usd = usd
        @budgets = budgets
      end

      # @return [BudgetExceeded]
      def error
        snapshot = @short.max_by { |one| [ends_at(one)&.to_f || Float::INFINITY, -one.left] }
        BudgetExceeded.new(budget: budget_of(snapshot), needed_usd: @usd, left_usd: [snapshot.left, BigDecimal(0)].max,
                           cap_usd: snapshot.cap, period_ends_at: ends_at(snapshot),
                           retry_after: (retry_after if @short == @held))
      end

      private

      # No later than the next lease ends.
      def retry_after
        [RETRY_AFTER, *@short.filter_map { |snapshot| Lease.seconds_left(snapshot.budget) }].min
      end

      def ends_at(snapshot)
        Period.ends_at(snapshot.budget.period)
      end

      def budget_of(snapshot)
        @budgets.find { |budget| budget == snapshot.budget } || snapshot.budget
      end
    end
  end
end
