# frozen_string_literal: true

class LlmRouter
  module Budget
    # Sums charges by owner, feature, model or the like. An attempt that two budgets paid for (organisation and app,
    # say) is in two rows of the ledger, and counts once.
    # @api private
    class Spent
      COLUMNS = { owner: %i[owner_type owner_id], feature: %i[feature], environment: %i[environment] }.freeze
      OF_CHARGES = %i[model endpoint].freeze
      private_constant :COLUMNS, :OF_CHARGES

      # @param budgets [ActiveRecord::Relation] of a {Budget} model
      # @param period [Range<Time>]
      def initialize(budgets, period)
        @budgets = budgets
        @model = budgets.klass
        @period = period
      end

      # @return [BigDecimal] US dollars
      def total
        sums([]).fetch([], BigDecimal(0))
      end

      # @param what [Symbol]
      # @return [Hash{Object => BigDecimal}] the dearest first
      # @raise [ArgumentError]
      def by(what)
        sorted = sums(columns(what)).sort_by { |_, usd| -usd }
        sorted.to_h.transform_keys { |group| what == :owner ? owner(*group) : group.first.presence }
      end

      private

      def columns(what)
        return COLUMNS.fetch(what).map { |name| @model.arel_table[name] } if COLUMNS.key?(what)
        return [@model::Charge.arel_table[what]] if OF_CHARGES.include?(what)

        raise ArgumentError, "by: #{what.inspect}: give one of #{[*COLUMNS.keys, *OF_CHARGES].inspect}, or leave it out"
      end

      def sums(groups)
        names = groups.each_index.map { |index| "g#{index}" }
        usd = Usd.new(@model)
        rows(groups, names).each_with_object({}) do |(*group, amount), totals|
          totals[group] = totals.fetch(group, 0) + (usd.deserialize(amount) || 0)
        end
      end

      # SQLite would add Floats, so there the rows come one by one.
      def rows(groups, names)
        charges = once(groups, names)
        return @model.connection_pool.with_connection { |c| c.select_rows(charges) } if Usd.text?(@model)

        chosen = [*names, "SUM(cost_usd)"].join(", ")
        grouped = "GROUP BY #{names.join(', ')}" if names.any?
        sql = "SELECT #{chosen} FROM (#{charges}) charges_once #{grouped}"
        @model.connection_pool.with_connection { |connection| connection.select_rows(sql) }
      end

      # Each attempt once in each group.
      def once(groups, names)
        table = @model::Charge.arel_table
        chosen = groups.zip(names).map { |column, name| column.as(name) }
        charges = @model::Charge.unscoped.joins(:budget).merge(@budgets).where(created_at: @period)
        inner = charges.select(*chosen, table[:attempt_id], table[:kind], table[:cost_usd]).distinct
        "SELECT #{[*names, 'cost_usd'].join(', ')} FROM (#{inner.to_sql}) charges_of_attempts"
      end

      # Found also where a default scope hides it.
      # @return [ActiveRecord::Base, String, nil] the name where the record is gone; nil for the app
      def owner(type, id)
        return if type.blank?

        type.safe_constantize&.unscoped&.find_by(id: id) || "#{type}/#{id}"
      end
    end
  end
end
