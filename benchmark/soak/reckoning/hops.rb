# frozen_string_literal: true

require_relative "../faults"
require_relative "part"

module Soak
  class Reckoning
    # Whether each fault of the gateway was taken for what it was.
    class Hops < Part
      # Of a gateway that is killed, and a machine that is busy.
      ALWAYS = %w[connection timeout].freeze
      private_constant :ALWAYS

      # @return [Array<Row>]
      def rows
        hops = books.attempts.each_value.select(&:hop).group_by(&:hop).sort_by { |_, all| -all.size }
        [asked, *hops.map { |reason, all| row("hops: #{reason}", all.size, mistaken(reason, all)) }]
      end

      private

      # Nothing is tried again below the chain.
      def asked
        sent = books.attempts.select { |_, attempt| attempt.asked.positive? }
        failed = sent.each_value.count { |attempt| FAULTS.key?(attempt.fault) }
        twice = sent.select { |_, attempt| attempt.asked > 1 }
        row("requests, and how many of them were to fail", "#{sent.size}, #{percent(failed, sent.size)}",
            twice.map { |key, attempt| "#{key} was asked #{attempt.asked} times" })
      end

      def mistaken(reason, all)
        return [] if ALWAYS.include?(reason)

        wrong = all.select { |attempt| attempt.fault && expected(attempt) != reason }
        wrong.map { |attempt| "#{attempt.fault} in #{attempt.tag}" }
      end

      def expected(attempt)
        FAULTS[attempt.fault]&.reason.to_s
      end
    end
  end
end
