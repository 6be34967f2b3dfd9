# frozen_string_literal: true

class LlmRouter
  module Budget
    # Class methods of a {Budget} model.
    module ClassMethods
      # The row of an owner's feature, made if it is not there. Made by one INSERT, without the
      # model's callbacks, so that no two threads or processes can make it twice.
      #
      # @param owner [ActiveRecord::Base, nil] any saved record; nil for the app as a whole
      # @param feature [Symbol, String, nil] a part of the app; nil for all of it
      # @param environment [String]
      # @return [Budget]
      # @raise [ArgumentError] an owner that is no record, or not saved
      # @raise [InsideTransaction] on SQLite, in an open transaction
      # @raise [TablesMissing] the migration has not run
      # @example
      #   LlmBudget.for(organization, feature: :draft_reply)
      def for(owner, feature: nil, environment: Budget.environment)
        Row.new(self, owner: owner, feature: feature, environment: environment).find_or_make
      end

      # Sets the cap of rows whose +cap_usd+ is empty. It is looked up whenever a budget is used, so
      # that a change holds for the rows that are there already.
      #
      # @param cap_usd [BigDecimal, Integer, String, nil] US dollars; nil for no cap
      # @param by_feature [Hash{Symbol => BigDecimal, Integer, String, nil}] in its place for a feature
      # A block gets the owner also where a default scope hides it, such as that of a soft delete. It is not called
      # for an owner that was deleted: the cap of its row is 0.
      #
      # @yieldparam owner [ActiveRecord::Base, nil] nil for the app
      # @yieldparam feature [Symbol, nil]
      # @yieldreturn [BigDecimal, Integer, String, nil] US dollars; nil for no cap
      # @return [void]
      # @raise [ArgumentError]
      # @example
      #   default_cap_usd "25.00"
      # @example For some features another
      #   default_cap_usd "25.00", draft_reply: "5.00"
      # @example As the owner's plan says
      #   default_cap_usd { |owner, feature| owner ? owner.plan.llm_cap_usd : "100.00" }
      def default_cap_usd(cap_usd = nil, **by_feature, &block)
        [cap_usd, *by_feature.values].compact.each { |usd| Database::Usd.exact(usd, "default_cap_usd") }
        self.default_caps = block || by_feature.tap { |caps| caps.default = cap_usd }
      end

      # Sets from which part of its cap on calls start at the last candidate of their chain, in place of
      # +config.degrade_at+.
      #
      # @param part [Numeric] above 0 and up to 1
      # @return [BigDecimal, nil] what is set
      # @raise [ConfigurationError]
      # @example
      #   degrade_at 0.9
      def degrade_at(part = nil)
        @degrade_at = Setting.part("degrade_at", part) if part
        @degrade_at || (superclass.degrade_at if superclass.respond_to?(:degrade_at))
      end

      # @api private
      # @param budget [Budget]
      # @return [BigDecimal, nil]
      def default_cap_for(budget)
        return unless (caps = default_caps)

        feature = budget.feature&.to_sym
        cap = caps.is_a?(Proc) ? cap_of_owner(budget) { |owner| caps.call(owner, feature) } : caps[feature]
        cap && Database::Usd.exact(cap, "default_cap_usd")
      end

      # @api private
      # @return [Array<Class>] the models of the tables beside this one's
      def models_beside
        [self::Reservation, self::Charge]
      end

      # @api private
      # @return [Hash{Array => String}] the SQL of {Postgresql}, by what it does
      def ledger_statements
        @ledger_statements ||= {}
      end

      # @api private
      # @param budgets [Array<Budget>] rows of this database
      # @return [Object] which reserves with all of them or with none, in one transaction
      def joint_ledger(budgets)
        Ledger.new(budgets)
      end

      # An owner that was deleted is not the app.
      # @api private
      def cap_of_owner(budget)
        return yield(nil) unless budget.owner_type

        owner = Owner.of(budget)
        return yield(owner) if owner

        Configuration.current.logger&.warn do
          "[llm] #{table_name} #{budget.id} (#{budget.scope_in_words}): the owner was deleted, so the cap is 0 USD. " \
            "Delete the row, or set its cap_usd"
        end
        0
      end

      # Warns once that nothing is ever refused, unless a cap of nil is set explicitly.
      # @api private
      # @return [void]
      def warn_of_no_cap
        return if @warned_of_no_cap || default_caps

        @warned_of_no_cap = true
        Configuration.current.logger&.warn do
          "[llm] #{name} has rows without a cap: their spending is counted, and nothing is refused. Write " \
            "default_cap_usd \"25.00\" in the model, or default_cap_usd nil if that is meant"
        end
      end
    end
  end
end
