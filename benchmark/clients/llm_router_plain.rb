# frozen_string_literal: true

require_relative "llm_router"

# The same with a budget of two methods, which is checked and charged, and reserves nothing.
class RouterPlain < RouterClient
  NAME = "llm_router, with a budget that does not reserve"

  private

  def new_budgets = InMemoryBudget::Charging.new
end
