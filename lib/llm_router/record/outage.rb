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
          slots(relation).group_by { |slot| slot[:model] }.flat_map { |model, all| of(model, all) }.sort_by(&:from)
        end

        private

        def slots(relation) # rubocop:disable Metrics
          failed = Columns::HOPS.values_at(*Columns::TRANSIENT, :cooling_down).join(" + ")
          absorbed = "CASE WHEN outcome = 'absorbed' THEN #{failed} ELSE 0 END"
          sums = ["SUM(calls)", "SUM(#{failed})", "SUM(#{absorbed})"].map { |sum| Arel.sql(sum) }
          rows = relation.where.not(model: "").group(:model, :starts_at).order(:starts_at)
          # What lies before the first and after the last bad one, which is nearly all, is not read.
          bad = rows.having("SUM(#{failed}) >= #{Outage::MIN_FAILURES} AND SUM(#{failed}) >= SUM(calls)")
          times = bad.pluck(:starts_at)
          return [] if times.empty?

          rows = rows.where(starts_at: times.min..times.max)
          rows.pluck(:model, :starts_at, *sums).map do |model, starts_at, *counts|
            { model: model, at: starts_at, **%i[answered failures absorbed].zip(counts.map(&:to_i)).to_h }
          end
        end

        def of(model, slots)
          runs = slots.chunk_while { |before, after| bad?(before) == bad?(after) }.select { |run| bad?(run.first) }
          runs.map do |run|
            new(model: model, from: run.first[:at], to: run.last[:at] + Columns::SLOT,
                failures: run.sum { |slot| slot[:failures] }, absorbed: run.sum { |slot| slot[:absorbed] })
          end
        end

        def bad?(slot)
          slot[:failures] >= Outage::MIN_FAILURES && slot[:failures] >= slot[:answered]
        end
      end
    end

    # Fewer failures in five minutes are no outage.
    Outage::MIN_FAILURES = 3
  end
end
