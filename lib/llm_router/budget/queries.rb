# frozen_string_literal: true

class LlmRouter
  module Budget
    # Class methods of a {Budget} model, and of its relations, that report spending. Exact on every database.
    module Queries
      GROUPS = { owner: %i[owner_type owner_id], feature: %i[feature], environment: %i[environment] }.freeze
      OF_CHARGES = %i[model endpoint].freeze
      private_constant :GROUPS, :OF_CHARGES

      # @return [ActiveRecord::Relation] those that were charged, or reserved, in the period that is running now: of the
      #   others +spent_usd+ in the table is that of a period that has ended
      # @example
      #   LlmBudget.current.sum(:spent_usd)
      def current
        starts = Database::Period.starts.map { |name, start| unscoped.where(period: name, period_started_on: start..) }
        merge([*starts, unscoped.where(period: "total")].reduce(:or))
      end

      # @return [ActiveRecord::Relation] those that have spent most in their current period first
      # @example
      #   LlmBudget.by_spent.limit(10)
      def by_spent
        running = Database::Period.starts.map do |name, start|
          "(period = '#{name}' AND period_started_on >= '#{start.iso8601}')"
        end
        zero = Database::Usd.text?(self) ? "'#{Database::Usd.text(BigDecimal(0))}'" : 0
        order(Arel.sql("CASE WHEN #{[*running, "period = 'total'"].join(' OR ')} THEN spent_usd ELSE #{zero} END DESC"))
      end

      # @param share [Numeric] of the cap, from 0 to 1
      # @return [ActiveRecord::Relation] those whose spent and reserved money is at least that share of their cap. Caps
      #   are those that hold now, so each row that has spent something is read.
      # @raise [ArgumentError]
      # @example
      #   LlmBudget.near_cap(0.8).each { |budget| warn budget.inspect }
      def near_cap(share = 0.8)
        share = BigDecimal(share.to_s)
        raise ArgumentError, "near_cap(#{share.to_i}): give a share of the cap, from 0 to 1" unless share.between?(0, 1)

        ids = current.find_each.select do |budget|
          cap = budget.cap_usd
          cap && budget.spent_usd + budget[:reserved_usd] >= cap * share
        end
        where(primary_key => ids.map(&:id))
      end

      # What was charged in a time, in which an attempt that two budgets paid for counts once in each group.
      #
      # @param by [Symbol, nil] +:owner+ (the records; nil for the app; a name such as "Organization/7" where the record
      #   is gone), +:feature+, +:environment+, +:model+ or +:endpoint+; nil for the sum of all
      # @param period [Range, Date, Time, String, nil] times or dates; a date, or a String such as "2026-11", for its
      #   whole month; nil for this month
      # @return [BigDecimal, Hash{Object => BigDecimal}] US dollars, the dearest first
      # @raise [ArgumentError]
      # @example Spend per organisation this month
      #   LlmBudget.where(environment: "production").spent(by: :owner)
      def spent(by: nil, period: nil)
        groups = by ? groups_of(by) : []
        names = groups.each_index.map { |index| "g#{index}" }
        charges = klass_of_charges.from(charges_once(groups.zip(names), Database::Period.range(period)), :charges_once)
        return charges.sum(:cost_usd) unless by

        sums = charges.group(*names).sum(:cost_usd).sort_by { |_, usd| -usd }
        sums.to_h.transform_keys { |group| by == :owner ? owner_of(*group) : group.presence }
      end

      private

      def klass_of_charges = all.klass::Charge

      def groups_of(by)
        return GROUPS.fetch(by).map { |name| arel_table[name] } if GROUPS.key?(by)
        return [klass_of_charges.arel_table[by]] if OF_CHARGES.include?(by)

        raise ArgumentError, "by: #{by.inspect}: give one of #{[*GROUPS.keys, *OF_CHARGES].inspect}, or leave it out"
      end

      # Each attempt once in each group.
      def charges_once(groups, times)
        table = klass_of_charges.arel_table
        chosen = groups.map { |column, name| column.as(name) }
        charges = klass_of_charges.unscoped.joins(:budget).merge(all).where(created_at: times)
        charges.select(*chosen, table[:attempt_id], table[:kind], table[:cost_usd]).distinct
      end

      # Found also where a default scope hides it.
      def owner_of(type, id)
        return if type.blank?

        type.safe_constantize&.unscoped&.find_by(id: id) || "#{type}/#{id}"
      end
    end
  end
end
