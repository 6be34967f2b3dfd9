# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether what was charged is what was billed.
    #
    # Delivered is what the client learnt the cost of: in an answer that a call returned, in a failed attempt, or in
    # an answer that an interrupt kept the call from returning.
    class Money < Part
      # @return [Array<Row>]
      def rows
        [sums, charges, row("  for answers", record.answers.size, wrong: unpaid(record.answers)),
         row("  for failed attempts", record.dear_failures.size, wrong: unpaid(record.dear_failures)),
         uncharged, reservations]
      end

      private

      def sums
        charged = sum(charges_made.map(&:cost))
        billed = sum(delivered.map(&:billed))
        row("charged = billed for what was delivered, USD", charged.to_s("F"),
            wrong: complain("billed were #{billed.to_s('F')}", billed != charged))
      end

      def charges
        row("  charges, each once and as billed", charges_made.size,
            wrong: named(charged.reject(&:charged_as_billed?), "is not charged as billed") +
                   named(charged.select { |attempt| attempt.charges.size > 1 }, "is charged twice") +
                   record.all("charge").map { |process, *| "#{process} charged without a reservation" })
      end

      # Billed, and the client could not know: it has to have said so.
      def uncharged
        all = record.attempts.values.select { |attempt| attempt.billed && attempt.charges.empty? }
        row("billed, and held as uncertain", all.size, sum(all.map(&:billed)).to_s("F"),
            wrong: named(all.reject(&:held?), "is lost") +
                   named(all.select(&:cost_known?), "had a known cost, and is not charged"))
      end

      # Each is closed once; those of a process that was killed may stay open.
      def reservations
        held = record.attempts.values.select { |attempt| attempt.reserved.positive? || attempt.closings.positive? }
        open, closed = held.partition(&:left_open?)
        wrong = closed.reject { |attempt| attempt.reserved == 1 && attempt.closings == 1 }
        row("reservations, and those left open by the killed", held.size, open.size, wrong: wrong.map do |attempt|
          "#{attempt.key}: reserved #{attempt.reserved}, closed #{attempt.closings} times"
        end)
      end

      def named(attempts, what)
        attempts.map { |attempt| "#{attempt.key} #{what} (#{attempt.fault || 'no request'})" }
      end

      def charged
        @charged ||= record.attempts.values.select { |attempt| attempt.charges.any? }
      end

      def charges_made
        charged.flat_map(&:charges)
      end

      def delivered
        ids = [*record.answers, *record.dear_failures].to_h { |generation| [generation.id, true] }
        record.attempts.values.select do |attempt|
          attempt.billed && (ids[attempt.bill.id] || (attempt.charges.any? && !attempt.hop && attempt.cut_short?))
        end
      end

      def unpaid(all)
        paid = charges_made.to_h { |charge| [charge.id, charge.cost] }
        missing = all.reject { |generation| paid[generation.id] == generation.cost }
        missing.map { |generation| "#{generation.id} is not charged with #{generation.usd}" }
      end
    end
  end
end
