# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Compares the costs in +llm_call_stats+ with the charges of a ledger: both must have the same sum. Estimates count
    # on neither side until the cost is known. `rails llm_router:audit_budgets` runs it.
    # @api private
    class Audit
      # Seconds back.
      REACH = 31 * 86_400
      # Seconds around the ends of the time: a charge there may belong to a call that ended on the other side.
      EDGE = 120
      KNOWN = %w[cost computed].freeze
      private_constant :REACH, :EDGE, :KNOWN

      # Prints what it finds, for each model. Nothing if calls are not recorded.
      # @param models [Array<Class>] each a {Budget}
      # @return [Boolean] whether all is well
      def self.run(models, out: $stdout)
        return true unless Configuration.current.record_calls

        CallRecord.flush
        lines = Progress.of("comparing the record with the charges") { new(models).differences }
        out.puts lines.empty? ? "The record of calls agrees with the charges." : lines
        lines.empty?
      end

      # @param models [Array<Class>] each a {Budget}
      # @param environment [String]
      # @param now [Time]
      def initialize(models, environment: Environment.name, now: Time.now)
        @models = models
        @environment = environment
        first = stats.minimum(:starts_at)
        # The first five minutes may not be recorded in full, and the last are not over.
        ends = Time.at(now.to_i / Columns::SLOT * Columns::SLOT)
        @time = ([first + Columns::SLOT, ends - REACH].max...ends) if first
      end

      # @return [Array<String>] a sentence if the sums differ
      def differences
        return [] if @time.nil? || @time.begin >= @time.end

        recorded = money(stats.where(starts_at: @time).pluck(:charged_usd))
        charged = charged(@time)
        return [] if (recorded - charged).abs <= at_edges

        ["llm_call_stats says that calls from #{@time.begin.utc} to #{@time.end.utc} were charged " \
         "#{recorded.to_s('F')} USD, and the charges are #{charged.to_s('F')} USD: " \
         "#{(recorded - charged).abs.to_s('F')} USD apart"]
      end

      private

      def stats
        Stat.where(environment: @environment)
      end

      def charged(time)
        @models.sum(BigDecimal(0)) { |model| charged_by(model, time) }
      end

      # An attempt that several budgets pay for counts once.
      def charged_by(model, time)
        charges = charges_of(model)
        known = charges.where(created_at: time, kind: KNOWN)
        corrected = charges.where(created_at: time, kind: "correction").pluck(:attempt_id).uniq
        late = charges.where(attempt_id: corrected, kind: %w[estimate correction])
        amounts = [known, late].flat_map { |rows| rows.distinct.pluck(:attempt_id, :kind, :cost_usd) }
        money(amounts.map(&:last))
      end

      # Charges without a model are not of calls.
      def charges_of(model)
        ids = model.unscoped.where(environment: @environment).select(model.primary_key)
        model::Charge.where(budget_id: ids).where.not(model: nil)
      end

      def at_edges
        [@time.begin, @time.end].sum { |moment| charged((moment - EDGE)...(moment + EDGE)) }
      end

      def money(amounts)
        amounts.sum(BigDecimal(0))
      end
    end
  end
end
