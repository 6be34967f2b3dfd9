# frozen_string_literal: true

require_relative "llm_router"
require_relative "rows"

# As the generator writes it.
class LlmBudget < ActiveRecord::Base
  include LlmRouter::Budget
end

# The same with a budget that is a row of a database.
class RouterRow < RouterClient
  def initialize(url, database:, shared: false, **)
    super
    @budgets = Rows.new(database, shared: shared) do
      LlmBudget.for(nil, feature: SecureRandom.uuid).tap { |row| row.update!(cap_usd: Rows::CAP, period: "total") }
    end
  end

  private

  def new_budgets = nil
  def budget = @budgets.mine
end
