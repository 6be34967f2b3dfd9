# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # What came of the failures of a month: how many there were, what share was transient, what share of the troubled
    # calls the chain absorbed, and whose fault the rest was. Computed from +llm_call_stats+ alone.
    #
    # @example
    #   puts LlmRouter::CallRecord.report("2026-11")
    class Report
      # Calls that are no hops, and so count as calls.
      HOPS = [Columns::ABSORBED, Columns::LOST].freeze
      # Seconds up to which MariaDB is to go by the index: for a month of a year it would read the whole table, which
      # takes three times as long.
      INDEXED = 62 * 86_400
      private_constant :HOPS, :INDEXED

      # @return [Range<Time>]
      attr_reader :period

      # @param period [Range<Time>]
      # @param environment [String]
      # @api private
      def initialize(period, environment)
        @period = period
        @sums = Sums.new(rows(environment))
      end

      # @return [Integer]
      def calls = total(:calls)

      # @return [Hash{String => Integer}] calls by the model that answered, the most first
      def answered
        sorted(@sums.by(:model, :calls, outcome: "answered"))
      end

      # @return [Hash{String => Integer}] calls by outcome
      def outcomes
        sorted(@sums.by(:outcome, :calls))
      end

      # @return [Integer] failed attempts
      def failures = reasons.values.sum

      # @return [Hash{Symbol => Integer}] failed attempts by reason, the most first
      def reasons
        sorted(Columns::FAILURES.to_h { |reason| [reason, total(Columns::HOPS.fetch(reason))] })
      end

      # @return [Integer] failed attempts that the same request may not have again
      def transient = reasons.slice(*Columns::TRANSIENT).values.sum

      # @return [Integer] calls in which a model failed or was cooling down
      def troubled = total(:troubled)

      # @return [Integer] those of them that a later candidate answered
      def absorbed
        @sums.of(:troubled, outcome: "answered")
      end

      # @return [Hash{String => Integer}] calls that ended because a model rejected the request, by feature
      def rejected
        sorted(@sums.by(:feature, :calls, outcome: "rejected"))
      end

      # @return [BigDecimal] US dollars that failed attempts cost
      def fallback_usd
        @sums.usd(outcome: HOPS)
      end

      # @return [Float] seconds that failed attempts took
      def fallback_seconds
        @sums.of(:milliseconds, outcome: HOPS) / 1000.0
      end

      # @return [BigDecimal] US dollars that all calls cost, as far as their bills are known
      def cost_usd
        @sums.usd
      end

      # @return [Array<Outage>]
      def outages
        Outage.all(@sums.relation)
      end

      # @return [String] a sentence with its denominator
      def verdict
        Verdict.new(self).to_s
      end

      # @return [String] for a console
      def to_s
        Text.new(self).to_s
      end

      # @return [Hash{Symbol => Object}] made of JSON's types; money is decimal text
      def to_h
        { from: @period.begin.utc.iso8601, to: @period.end&.utc&.iso8601, **counts, **costs,
          outages: outages.map(&:to_h), verdict: verdict }
      end

      private

      def rows(environment)
        rows = Stat.where(environment: environment, starts_at: @period)
        return rows unless Database.mysql?(Stat.pool) && seconds <= INDEXED

        rows.from("#{Stat.name} FORCE INDEX (index_#{Stat.name}_on_key)")
      end

      def seconds
        @period.begin && @period.end ? @period.end.to_time - @period.begin.to_time : Float::INFINITY
      end

      def counts
        %i[calls answered outcomes failures reasons transient troubled absorbed rejected]
          .to_h { |name| [name, public_send(name)] }
      end

      def costs
        { cost_usd: cost_usd.to_s("F"), fallback_usd: fallback_usd.to_s("F"), fallback_seconds: fallback_seconds }
      end

      def total(column)
        @sums.of(column)
      end

      def sorted(counts)
        counts.reject { |_, count| count.zero? }.sort_by { |name, count| [-count, name.to_s] }.to_h
      end
    end
  end
end
