# frozen_string_literal: true

class LlmRouter
  module Budget
    # Class methods of a {Budget} model, and of its relations, that report spending. Exact on every database.
    module Queries
      # @return [ActiveRecord::Relation] those that were charged, or reserved, in the period that is running now: of the
      #   others +spent_usd+ in the table is that of a period that has ended
      # @example
      #   LlmBudget.current.sum(:spent_usd)
      def current
        starts = Period.starts.map { |name, start| unscoped.where(period: name, period_started_on: start..) }
        merge_any([*starts, unscoped.where(period: "total")])
      end

      # @return [ActiveRecord::Relation] those that have spent most in their current period first
      # @example
      #   LlmBudget.by_spent.limit(10)
      def by_spent
        running = Period.starts.map { |name, start| "(period = '#{name}' AND period_started_on >= '#{start.iso8601}')" }
        running = [*running, "period = 'total'"].join(" OR ")
        order(Arel.sql("CASE WHEN #{running} THEN spent_usd ELSE #{zero} END DESC"))
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
        spent = Spent.new(all, Period.range(period))
        by ? spent.by(by) : spent.total
      end

      private

      def merge_any(relations)
        merge(relations.reduce(:or))
      end

      def zero
        Usd.text?(self) ? connection_pool.with_connection { |connection| connection.quote(Usd.text(BigDecimal(0))) } : 0
      end
    end
  end
end
