# frozen_string_literal: true

class LlmRouter
  module Budget
    # The owner of a budget, for a cap that depends on it: found although a default scope hides it or strict
    # loading forbids to load it.
    # @api private
    module Owner
      module_function

      # @param budget [Budget] that has an owner
      # @return [ActiveRecord::Base, nil] free to load what it needs; nil where it was deleted
      def of(budget)
        owner = loaded(budget)
        owner.nil? || owner.strict_loading? ? find(budget) : owner
      end

      # @return [ActiveRecord::Base, nil]
      def loaded(budget)
        association = budget.association(:owner)
        association.target unless association.stale_target?
      end

      def find(budget)
        model = budget.class.polymorphic_class_for(budget.owner_type)
        owner = model.connection_pool.with_connection do
          model.unscoped.find_by(model.primary_key => budget.owner_id)
        end
        Database::AdapterInternals.allow_loading(owner) if owner
        owner
      end
    end
  end
end
