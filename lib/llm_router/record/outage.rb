# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Consecutive five minutes in which a model failed at least as often as it answered, at least {MIN_FAILURES} times.
    # Five minutes without calls to it neither end nor begin one.
    #
    # @!attribute [r] model
    #   @return [String]
    # @!attribute [r] from
    #   @return [Time]
    # @!attribute [r] to
    #   @return [Time]
    # @!attribute [r] failures
    #   @return [Integer] attempts that failed for a transient reason, and calls that skipped it while it cooled down
    # @!attribute [r] absorbed
    #   @return [Integer] those of them whose calls another model answered
    Outage = Struct.new(:model, :from, :to, :failures, :absorbed, keyword_init: true) do
      # @return [Hash{Symbol => Object}] made of JSON's types
      def to_h
        super.merge(from: from.utc.iso8601, to: to.utc.iso8601)
      end

      class << self
        # @param relation [ActiveRecord::Relation] of +llm_call_stats+
        # @return [Array<Outage>] the earliest first
        # @api private
        def all(relation)
          runs = bad_slots(relation).slice_when { |_, (_, _, _, _, bad_before)| bad_before != 1 }
          runs.map { |run| outage(run) }.sort_by(&:from)
        end

        private

        # Only the bad slots are read: a month has 8,928.
        # @return [Array<Array>] model, starts_at, failures, absorbed, and 1 if the slot before, of the same model, was
        #   bad as well
        def bad_slots(relation)
          bad = "CASE WHEN failures >= #{Outage::MIN_FAILURES} AND failures >= answered THEN 1 ELSE 0 END"
          before = "LAG(#{bad}) OVER (PARTITION BY model ORDER BY starts_at)"
          marked = from(slots(relation)).select("given.*", "#{bad} AS bad", "#{before} AS bad_before")
          columns = %w[model starts_at failures absorbed bad_before].map { |name| Arel.sql(name) }
          from(marked).where("bad = 1").order(:model, :starts_at).pluck(*columns)
        end

        def from(rows)
          rows.unscoped.from(rows, :given)
        end

        def slots(relation)
          failed = Columns::HOPS.values_at(*Columns::TRANSIENT, :cooling_down).join(" + ")
          absorbed = "CASE WHEN outcome = '#{Columns::ABSORBED}' THEN #{failed} ELSE 0 END"
          sums = { answered: "calls", failures: failed, absorbed: absorbed }
          relation.where.not(model: "").group(:starts_at, :model)
                  .select(:model, :starts_at, *sums.map { |name, sum| "SUM(#{sum}) AS #{name}" })
        end

        def outage(run)
          models, times, failures, absorbed = run.transpose
          new(model: models.first, from: times.first, to: times.last + Columns::SLOT, failures: failures.sum.to_i,
              absorbed: absorbed.sum.to_i)
        end
      end
    end

    # Fewer failures in five minutes are no outage.
    Outage::MIN_FAILURES = 3
  end
end
