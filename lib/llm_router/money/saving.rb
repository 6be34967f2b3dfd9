# frozen_string_literal: true

class LlmRouter
  # Whether a call starts at the floor, the last candidate of its chain, because its budget is nearly spent.
  # @api private
  module Saving
    module_function

    # @param budget [Object] of several ({Budgets}), the one that is nearest to its end decides
    # @param config [Configuration]
    # @return [String, nil] why; nil if it does not
    def reason(budget, config)
      all = budget.budgets.filter_map { |one| near(one, config) } if budget.is_a?(Budgets)
      share, limit = all ? all.max_by(&:first) : near(budget, config)
      share && "not called: #{percent(share)} of the budget are spent, and from #{percent(limit)} on calls start at " \
               "the last candidate"
    end

    def near(budget, config)
      return unless budget.respond_to?(:spent_share)

      limit = (budget.degrade_at if budget.respond_to?(:degrade_at)) || config.degrade_at
      share = budget.spent_share if limit
      [share, limit] if share && share >= limit
    end

    # Rounded down: 99.9 % is not all. A budget of one's own may divide by a cap of 0.
    def percent(share)
      share.infinite? ? "all" : "#{(share * 100).floor} %"
    end
  end
end
