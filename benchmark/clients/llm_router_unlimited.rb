# frozen_string_literal: true

require_relative "llm_router"

# The same without a budget.
class RouterUnlimited < RouterClient
  private

  def new_budgets = nil
  def budget = LlmRouter::Unlimited
end
