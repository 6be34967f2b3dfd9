# frozen_string_literal: true

class LlmRouter
  module Budget
    # Notices the last line of an older way of working, `budget.charge!(draft.cost_usd)` after a call: the call has
    # charged the budget, and this charges it a second time.
    # @api private
    module ChargedAlready
      SETTLED = :llm_router_settled
      private_constant :SETTLED

      module_function

      # A call has just charged so much.
      # @param budgets [Array<Budget>]
      # @param cost_usd [BigDecimal] US dollars
      def note(budgets, cost_usd)
        # A call settles with a BigDecimal; an app that settles by hand may give text.
        Thread.current[SETTLED] = ([budgets, cost_usd] if cost_usd.is_a?(BigDecimal) && cost_usd.positive?)
      end

      # Somebody charges by hand, on the same thread. Said once for each place.
      # @param budget [Budget]
      def check(budget, cost_usd)
        budgets, settled_usd = Thread.current[SETTLED]
        return unless budgets&.include?(budget) && settled_usd == cost_usd

        place = CallSite.find
        Configuration.current.warn_once("#{place} charges by hand") do
          "#{place} charges #{budget.scope_in_words} by hand with what a call has cost. The call charged it already, " \
            "so it pays twice: delete that line"
        end
      end
    end
  end
end
