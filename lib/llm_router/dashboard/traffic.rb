# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # The calls of the last hour, day and week, in the columns of small charts. One query.
    # @api private
    class Traffic
      # Seconds of a column, and how many there are.
      SPANS = { hour: [300, 12], day: [3600, 24], week: [6 * 3600, 28] }.freeze
      ANSWERED = "SUM(CASE WHEN outcome = 'answered' THEN calls ELSE 0 END)"
      # Also those that an earlier run of their job has paid for.
      SERVED = ANSWERED.sub("= 'answered'", "IN ('answered', 'remembered')").freeze
      SUMS = [:calls, :fallbacks, *CallRecord::Columns::TOOK].freeze
      private_constant :SPANS, :SERVED, :SUMS

      # What one column adds up to. +cost+: US dollars.
      Column = Struct.new(:answered, :cost, *SUMS) do
        # @return [Integer] calls without an answer
        def errors = calls - answered

        # @return [Float, nil] seconds
        def p50 = percentile(0.5)
        def p95 = percentile(0.95)

        def percentile(share)
          CallRecord::Latency.percentile(to_a.last(CallRecord::Columns::TOOK.size), share)
        end

        # @return [Column]
        def add(other)
          other.each_with_index { |value, at| self[at] += value }
          self
        end
      end

      def self.none
        Column.new(*Array.new(Column.members.size, 0))
      end

      # @param now [Time]
      def initialize(environment, now = Time.now)
        @slot = now.to_i / CallRecord::Columns::SLOT
        @slots = read(environment)
      end

      # @return [Array<Symbol>] names of the spans
      def spans
        SPANS.keys
      end

      # @return [Array<Column>] the oldest first
      def columns(span)
        (@columns ||= {})[span] ||= sum(span)
      end

      # @return [Column]
      def total(span)
        columns(span).reduce(self.class.none, :add)
      end

      private

      def sum(span)
        seconds, size = SPANS.fetch(span)
        per_column = seconds / CallRecord::Columns::SLOT
        columns = Array.new(size) { self.class.none }
        @slots.each do |slot, sums|
          back = (@slot - slot) / per_column
          columns[size - 1 - back].add(sums) if back.between?(0, size - 1)
        end
        columns
      end

      def read(environment)
        size, count = SPANS.fetch(:week)
        first = Time.at(((@slot + 1) * CallRecord::Columns::SLOT) - (size * count))
        rows = CallRecord::Stat.where(environment: environment).where("starts_at >= ?", first).group(:starts_at)
        rows.pluck(:starts_at, *sums).map do |at, cost, *counts|
          answered, *others = counts.map(&:to_i)
          [at.to_i / CallRecord::Columns::SLOT, Column.new(answered, cost.to_f, *others)]
        end
      end

      # Charts need no exact money. SQLite's text begins with the number.
      def sums
        cost = Database::Usd.text?(CallRecord::Stat.model) ? "SUM(CAST(cost_usd AS REAL))" : "SUM(cost_usd)"
        [cost, SERVED, *SUMS.map { |column| "SUM(#{column})" }].map { |sum| Arel.sql(sum) }
      end
    end
  end
end
