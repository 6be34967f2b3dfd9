# frozen_string_literal: true

class LlmRouter
  module Budget
    # Why a reservation is refused, and by which of several rows. Those that have room as soon as calls under way give
    # money back are not in the way of long; of the others, it is the one that has room again last.
    # @api private
    class Refusal
      # Seconds after which calls under way may have given back what they reserved.
      RETRY_AFTER = 5.0
      private_constant :RETRY_AFTER

      # @param pages [Array<Page>] those that have no room
      # @param usd [BigDecimal] US dollars
      # @param budgets [Array<Budget>] as the caller has them
      def initialize(pages, usd, budgets)
        @held, spent = pages.partition { |page| page.fits_later?(usd) }
        @pages = spent.empty? ? @held : spent
        @usd = usd
        @budgets = budgets
      end

      # @return [BudgetExceeded]
      def error
        page = @pages.max_by { |short| [ends_at(short)&.to_f || Float::INFINITY, -short.left] }
        BudgetExceeded.new(budget: budget_of(page), needed_usd: @usd, left_usd: [page.left, BigDecimal(0)].max,
                           cap_usd: page.cap, period_ends_at: ends_at(page),
                           retry_after: (retry_after if @pages == @held))
      end

      private

      # No later than the next lease ends.
      def retry_after
        [RETRY_AFTER, *@pages.filter_map { |page| Lease.seconds_left(page.budget) }].min
      end

      def ends_at(page)
        Period.ends_at(page.budget.period)
      end

      def budget_of(page)
        @budgets.find { |budget| budget == page.budget } || page.budget
      end
    end
  end
end
