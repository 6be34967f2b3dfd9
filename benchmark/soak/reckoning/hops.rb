# frozen_string_literal: true

require_relative "../faults"
require_relative "part"

module Soak
  class Reckoning
    # Whether each fault of the gateway was taken for what it was, and nothing was asked twice.
    class Hops < Part
      # Of a gateway that is killed, and a machine that is busy.
      ALWAYS = %w[connection timeout].freeze
      private_constant :ALWAYS

      # @return [Array<Row>]
      def rows
        hops = books.attempts.values.select(&:hop).group_by(&:hop).sort_by { |_, all| -all.size }
        [asked, *hops.map { |reason, all| row("hops: #{reason}", all.size, wrong: mistaken(reason, all)) }, *passed]
      end

      private

      # Nothing is tried again below the chain.
      def asked
        asked = books.attempts.values.select { |attempt| attempt.asked.positive? }
        failed = asked.count { |attempt| FAULTS.key?(attempt.fault) }
        twice = asked.select { |attempt| attempt.asked > 1 }
        row("requests, and how many of them were to fail", asked.size, percent(failed, asked.size),
            wrong: twice.map { |attempt| "#{attempt.key} was asked #{attempt.asked} times" })
      end

      def passed
        books.all("passed").map(&:last).tally.sort.map { |reason, count| row("  not asked: #{reason}", count) }
      end

      # One that did not reach the gateway is not in its ledger.
      def mistaken(reason, all)
        return [] if ALWAYS.include?(reason)

        wrong = all.select { |attempt| attempt.fault && FAULTS[attempt.fault]&.reason.to_s != reason }
        wrong.map { |attempt| "#{attempt.key} was #{attempt.fault}" }
      end
    end
  end
end
