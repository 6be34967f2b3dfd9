# frozen_string_literal: true

require_relative "../faults"
require_relative "part"

module Soak
  class Evaluation
    # Whether each fault of the gateway was taken for what it was, and nothing was called twice.
    class Hops < Part
      # Of a gateway that is killed, and a machine that is busy.
      ALWAYS = %w[connection timeout].freeze
      private_constant :ALWAYS

      # @return [Array<Row>]
      def rows
        hops = record.attempts.values.select(&:hop).group_by(&:hop).sort_by { |_, all| -all.size }
        [requests, *hops.map { |reason, all| row("hops: #{reason}", all.size, wrong: mistaken(reason, all)) }, *skipped]
      end

      private

      # Nothing is tried again below the chain.
      def requests
        sent = record.attempts.values.select { |attempt| attempt.requests.positive? }
        failed = sent.count { |attempt| FAULTS.key?(attempt.fault) }
        twice = sent.select { |attempt| attempt.requests > 1 }
        row("requests, and how many of them were to fail", sent.size, percent(failed, sent.size),
            wrong: twice.map { |attempt| "#{attempt.key} was called #{attempt.requests} times" })
      end

      def skipped
        record.all("skipped").map(&:last).tally.sort.map { |reason, count| row("  skipped: #{reason}", count) }
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
