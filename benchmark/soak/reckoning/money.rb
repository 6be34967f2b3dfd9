# frozen_string_literal: true

require "bigdecimal"
require_relative "part"

module Soak
  class Reckoning
    # Whether what was charged is what was billed.
    #
    # Delivered is what the client was told the cost of: in an answer that a call returned, in a failed attempt, or in an
    # answer that an interrupt kept the call from returning.
    class Money < Part
      # @return [Array<Row>]
      def rows
        [sums, charges, delivered, dear_failures, uncharged, reservations]
      end

      private

      def sums
        billed = sum(delivered_attempts.map(&:billed))
        charged = sum(all_charges.map(&:cost))
        row("charged, US dollars", charged.to_s("F"),
            complain("#{billed.to_s('F')} were billed for what was delivered", billed != charged))
      end

      def charges
        wrong = charged.reject { |_, attempt| attempt.charges.all? { |charge| as_billed?(attempt, charge) } }
        twice = charged.select { |_, attempt| attempt.charges.size > 1 }
        row("  charges, each once and as billed", all_charges.size,
            wrong.map { |key, attempt| "#{key}: #{words(attempt)}" } +
            twice.keys.map { |key| "#{key} is charged twice" } +
            books.all("charge").map { |process, *| "#{process} charged without a reservation" })
      end

      def delivered
        row("  for answers", books.answers.size, unpaid(books.answers))
      end

      def dear_failures
        row("  for failed attempts", books.dear_failures.size, unpaid(books.dear_failures))
      end

      # Billed, and the client could not know: it has to have said so.
      def uncharged
        all = books.attempts.select { |_, attempt| attempt.billed && attempt.charges.empty? }
        row("billed, and held as uncertain", "#{all.size}, #{sum(all.each_value.map(&:billed)).to_s('F')}",
            all.reject { |_, attempt| uncertain?(attempt) }.map { |key, attempt| "#{key} is lost (#{attempt.fault})" } +
            all.select { |_, attempt| told?(attempt) }.map { |key, attempt| "#{key} was told (#{attempt.fault})" })
      end

      # Each reservation is closed once; that of a process that was killed may stay open.
      def reservations
        held = books.attempts.select { |_, attempt| attempt.reserved.positive? || closings(attempt).positive? }
        open, closed = held.partition { |_, attempt| closings(attempt).zero? && books.killed?(attempt.process) }
        wrong = closed.reject { |_, attempt| attempt.reserved == 1 && closings(attempt) == 1 }
        row("reservations, and those left open by the killed", "#{held.size}, #{open.size}",
            wrong.map { |key, attempt| "#{key}: reserved #{attempt.reserved}, closed #{closings(attempt)} times" })
      end

      def charged
        @charged ||= books.attempts.select { |_, attempt| attempt.charges.any? }
      end

      def all_charges
        charged.each_value.flat_map(&:charges)
      end

      def as_billed?(attempt, charge)
        charge.id == attempt.id && charge.cost == attempt.billed
      end

      def delivered_attempts
        told = [books.answers, books.dear_failures].flatten.to_h { |told| [told.id, true] }
        books.attempts.each_value.select { |attempt| attempt.billed && (told[attempt.id] || cut_short?(attempt)) }
      end

      # An interrupt, or the end of the process, came between the charge and the call's return.
      def cut_short?(attempt)
        attempt.charges.any? && !attempt.hop && stopped?(attempt)
      end

      def stopped?(attempt)
        books.calls[attempt.tag].ends == ["interrupted"] || books.killed?(attempt.process)
      end

      def unpaid(all)
        paid = all_charges.to_h { |charge| [charge.id, charge.cost] }
        all.reject { |told| paid[told.id] == told.cost }.map { |told| "#{told.id} is not charged with #{told.cost&.to_s('F')}" }
      end

      def uncertain?(attempt)
        attempt.uncertain.positive? ||
          (closings(attempt).zero? && attempt.reserved.positive? && books.killed?(attempt.process))
      end

      # All of it was sent, with its cost, and nothing was in the way.
      def told?(attempt)
        attempt.sent && !stopped?(attempt) && !%w[timeout connection].include?(attempt.hop)
      end

      def closings(attempt)
        attempt.charges.size + attempt.released + attempt.uncertain
      end

      def words(attempt)
        "#{attempt.charges.map { |charge| charge.cost.to_s('F') }.join(' and ')} for #{attempt.billed&.to_s('F') || 'nothing'}"
      end

      def sum(amounts)
        amounts.sum(BigDecimal(0))
      end
    end
  end
end
