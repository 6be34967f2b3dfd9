# frozen_string_literal: true

class LlmRouter
  module Budget
    # Makes the models of the tables beside a budget's own: +LlmBudget::Charge+ of +llm_charges+ and
    # +LlmBudget::Reservation+ of +llm_reservations+, in the same database.
    # @api private
    module Record
      module_function

      # @param model [Class] a {Budget}
      # @param suffix [String] in place of "budgets" in its table's name
      # @param money [Symbol] the column in US dollars
      # @return [Class]
      def for(model, suffix, money)
        Class.new(parent(model)) do
          define_singleton_method(:table_name) { model.table_name.sub(/budgets(?=\w*\z)/, suffix) }
          attribute money, Database::Usd.new(model)
          Database::ExactMoney.watch(self, [money])
          belongs_to :budget, class_name: "::#{model.name}", foreign_key: :budget_id, inverse_of: false
          # Rails' default filter hides every name with "token", and these are counts.
          self.filter_attributes = []
          # Only acts of the budget write here.
          define_method(:readonly?) { true }
        end
      end

      def parent(model)
        model.superclass.abstract_class? ? model.superclass : ActiveRecord::Base
      end
    end
  end
end
