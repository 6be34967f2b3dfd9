# frozen_string_literal: true

require "active_support/testing/time_helpers"

module BudgetTable
  # As the generator writes it.
  class LlmBudget < ActiveRecord::Base
    include LlmRouter::Budget
  end

  # An owner with a number.
  class Organization < ActiveRecord::Base
    has_many :budgets, as: :owner, class_name: "BudgetTable::LlmBudget"
  end

  # An owner whose id is text.
  class Ticket < ActiveRecord::Base; end
end
