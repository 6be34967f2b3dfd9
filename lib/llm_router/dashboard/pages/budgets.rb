# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Caps and what is spent of them, the nearest first.
    # @api private
    class Budgets < Page
      # Rows of one model that are looked at: those that have spent most, and those nearest to a cap of their own.
      MOST = 200
      private_constant :MOST

      # A budget as it is now. +cap+: nil for none.
      Line = Struct.new(:budget, :cap, :spent, :reserved) do
        # @return [BigDecimal] of the cap, spent or reserved
        def share
          return BigDecimal(0) if cap.nil?

          cap.zero? ? BigDecimal(1) : (spent + reserved) / cap
        end

        # @return [BigDecimal, nil] US dollars at the end of the period, if spending goes on as since its beginning
        def forecast(now = Time.now)
          ends = Database::Period.ends_at(budget.period) or return
          starts = Database::Period.midnight(Database::Period.start(budget.period))
          spent * BigDecimal(((ends - starts) / [now - starts, 1].max).to_s)
        end
      end

      def title = "Budgets"

      # @return [Array<Line>]
      def lines
        @lines ||= Ledgers.models.flat_map { |model| of(model) }
                          .sort_by { |line| [-line.share, -line.spent, line.budget.scope_in_words] }
      end

      # @return [Boolean] whether there are more
      def more?
        Ledgers.models.any? { |model| model.unscoped.where(environment: environment).offset(MOST).exists? }
      end

      # @param line [Line]
      # @return [String]
      def level(line)
        return "bad" if line.share >= 1

        line.cap && line.forecast && line.forecast > line.cap ? "warning" : "plain"
      end

      # @return [ActiveSupport::SafeBuffer]
      def meter(line)
        spent = line.cap.zero? ? BigDecimal(1) : line.spent / line.cap
        bar([[spent, level(line)], [line.share - [spent, 1].min, "reserved"]],
            "#{percent(line.share, 1)} spent or reserved")
      end

      private

      def of(model)
        all = model.unscoped.where(environment: environment)
        budgets = all.by_spent.limit(MOST).to_a | all.where.not(cap_usd: nil).order(nearest(model)).limit(MOST).to_a
        budgets.map { |budget| Line.new(budget, cap(budget), budget.spent_usd, budget[:reserved_usd]) }
      end

      def nearest(model)
        spent, reserved, cap = %w[spent_usd reserved_usd cap_usd].map do |name|
          Database::Usd.text?(model) ? "CAST(#{name} AS REAL)" : name
        end
        Arel.sql("CASE WHEN #{cap} = 0 THEN 1 ELSE (#{spent} + #{reserved}) / #{cap} END DESC")
      end

      # The app's own block may say.
      def cap(budget)
        budget.cap_usd
      rescue StandardError
        nil
      end
    end

    # The app's budgets.
    # @api private
    module Ledgers
      module_function

      # @return [Array<Class>] each a {Budget}; in development, none may be loaded yet
      def models
        "LlmBudget".safe_constantize
        ::Rails.application.eager_load! if Budget.models.empty?
        Budget.models
      end

      # @return [Budget, nil]
      def find(name, id, environment)
        model = models.find { |one| one.name == name }
        budget = model&.unscoped&.find_by(model.primary_key => id, environment: environment)
        # A database may read 7 in "7abc".
        budget if budget && budget.id.to_s == id
      end
    end
  end
end
