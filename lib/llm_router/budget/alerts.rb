# frozen_string_literal: true

class LlmRouter
  module Budget
    # Publishes +budget_threshold.llm_router+ for each of +config.alert_at+ that a budget has crossed: once for each
    # period. Whoever charges past it notes that on the row, which one alone can do, and publishes it.
    # @api private
    class Alerts
      include Spans

      # @param budgets [Array<Budget>] that have just been charged
      # @return [nil]
      def self.check(budgets)
        config = Configuration.current
        budgets.each { |budget| new(budget, config).check } if config.alert_at.any?
        nil
      end

      def initialize(budget, config)
        @budget = budget
        @config = config
        @events = config.events
      end

      # The money is spent, so an error must not look like a failed charge.
      # @return [void]
      def check
        # Without a query: most charges cross nothing.
        return if left(@budget).empty?

        known = @budget
        # The cap may have changed since the record was loaded.
        @budget = Row.read(known)
        left(@budget).each { |threshold| publish(threshold) if noted?(threshold) }
        Database::AdapterInternals.load(known, @budget.attributes.slice("cap_usd", "alerted_at", "alerted_on"))
      rescue StandardError => e
        log.write(:warn) { "a threshold of #{@budget.class} #{@budget.id} could not be noted (#{e.class})" }
      end

      private

      # @return [Array<BigDecimal>] the thresholds that are crossed, and not noted as far as the record knows
      def left(budget)
        cap = budget.cap_usd
        return [] unless cap&.positive?

        known = budget.has_attribute?(:alerted_on) && budget[:alerted_on] == budget.period_started_on
        noted = known ? budget[:alerted_at] : 0
        @config.alert_at.select { |threshold| threshold > noted && budget.spent_usd >= cap * threshold }
      end

      # @return [Boolean] whether this is the one that crossed it
      def noted?(threshold)
        values = { "alerted_at" => threshold, "alerted_on" => @budget.period_started_on }
        Database::AdapterInternals.load(@budget, values)
        Database::OwnConnection.open(@budget.class) do |connection|
          connection.update(note(connection, threshold))
        end.positive?
      end

      def note(connection, threshold)
        period = connection.quote(@budget.period_started_on)
        "UPDATE #{connection.quote_table_name(@budget.class.table_name)} " \
          "SET alerted_at = #{threshold.to_s('F')}, alerted_on = #{period} " \
          "WHERE #{connection.quote_column_name(@budget.class.primary_key)} = #{connection.quote(@budget.id)} " \
          "AND (alerted_on IS NULL OR alerted_on < #{period} OR " \
          "(alerted_on = #{period} AND alerted_at < #{threshold.to_s('F')}))"
      end

      def publish(threshold)
        share = @budget.spent_usd / @budget.cap_usd
        emit("budget_threshold", budget: @budget, scope: @budget.scope_in_words, feature: @budget.feature,
                                 threshold: threshold.to_f, share: share.to_f.round(4), spent_usd: @budget.spent_usd,
                                 cap_usd: @budget.cap_usd, period: @budget.period,
                                 period_started_on: @budget.period_started_on,
                                 period_ends_at: Database::Period.ends_at(@budget.period), message: message(share))
      end

      def message(share)
        "#{@budget.scope_in_words}: #{Saving.percent(share)} of the #{@budget.period} budget are spent " \
          "(#{@budget.spent_usd.to_s('F')} of #{@budget.cap_usd.to_s('F')} USD)"
      end
    end
  end
end
