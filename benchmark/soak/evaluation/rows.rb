# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether each row was charged for each attempt with what was billed: once by its cost, or by an estimate where
    # nobody could know that.
    class Rows < Part
      # What may be on record for an attempt.
      KINDS = [%w[cost], %w[estimate], %w[correction estimate]].freeze
      private_constant :KINDS

      # @return [Array<Row>]
      def rows
        pairs.each { |row, key| judge(row, key) }
        exact, estimated = charges.values.partition { |all| known?(all) }
        [charged("charged with their cost", exact, :exact),
         charged("that only an estimate covers", estimated, :estimated), reservations]
      end

      private

      def charged(how, attempts, kind)
        row("rows: attempts #{how}", attempts.size, sum(attempts.flatten.map(&:usd)).to_s("F"), wrong: complaints[kind])
      end

      def attempt(key)
        record.attempts.fetch(key) { Attempt.named(key).tap { |one| one.call = record.calls[key.split.first] } }
      end

      def charges
        @charges ||= tables.charges.group_by { |charge| [charge.row, charge.key] }
      end

      def complaints
        @complaints ||= { exact: [], estimated: [] }
      end

      # Each row of each call whose attempt was billed, and whatever is on record besides.
      def pairs
        billed = record.attempts.values.select { |attempt| attempt.billed || attempt.charges.any? }
        billed.flat_map { |attempt| (attempt.call.rows || []).map { |row| [row, attempt.key] } } | charges.keys
      end

      def judge(row, key)
        all = charges.fetch([row, key], [])
        problem = known?(all) ? wrong_cost(all, attempt(key)) : wrong_estimate(all, attempt(key))
        complaints[all.empty? || known?(all) ? :exact : :estimated] << "row #{row}: #{key} #{problem}" if problem
      end

      def known?(all)
        all.any? { |charge| charge.kind != "estimate" }
      end

      # An estimate is taken back where it turns out that nothing was billed.
      def wrong_cost(all, attempt)
        return "is charged #{all.size} times" unless KINDS.include?(all.map(&:kind).sort)

        charged = sum(all.map(&:usd))
        billed = attempt.billed || BigDecimal(0)
        "is charged with #{charged.to_s('F')}, billed were #{billed.to_s('F')}" if charged != billed
      end

      def wrong_estimate(all, attempt)
        return "is charged #{all.size} times" if all.size > 1
        return "is not charged" if all.empty?
        return "is charged with less than was billed" if all.first.usd < (attempt.billed || 0)

        "is charged with an estimate, and its cost was known" unless unknown?(attempt)
      end

      # Whether nobody could settle or release it: it is uncertain, its call was cut short, or the database was away.
      def unknown?(attempt)
        attempt.cut_short? || (attempt.charges.empty? && (attempt.held? || released_in_outage?(attempt)))
      end

      def released_in_outage?(attempt)
        Outage.before?(record, attempt.call, attempt.released_at)
      end

      def reservations
        left = tables.all("reservation")
        row("rows: reservations beyond their lease", left.size,
            wrong: left.map { |id, _, *call, _| "row #{id}: that of #{Tables.key(*call)}" })
      end
    end
  end
end
