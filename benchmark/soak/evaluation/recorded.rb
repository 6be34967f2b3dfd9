# frozen_string_literal: true

require_relative "part"
require_relative "unrecorded"

module Soak
  class Evaluation
    # Whether the record of calls has all but what it may lack ({Unrecorded}), and nothing twice.
    class Recorded < Part
      # Ends of calls that are recorded for certain. An interrupt may come before a call or after it.
      CERTAIN = [%w[answer], %w[failure], %w[refused]].freeze
      private_constant :CERTAIN

      # @return [Array<Row>]
      def rows
        calls, charged = tables.all("recorded").first || [0, 0]
        [count(Integer(calls)), money(BigDecimal(charged)), incidents]
      end

      private

      def count(calls)
        row("record: calls, of at least", calls, certain.size,
            wrong: complain("at most #{record.calls.size} were made",
                            !calls.between?(certain.size, record.calls.size)))
      end

      def money(charged)
        perhaps, surely = known.partition { |tag,| unrecorded.include?(tag) }.map { |all| sum(all.map(&:last)) }
        perhaps += sum(failed_charges.map(&:billed))
        most = surely + perhaps
        row("record: charged, and perhaps not recorded, USD", charged.to_s("F"), perhaps.to_s("F"),
            wrong: complain("charges are #{surely.to_s('F')} to #{most.to_s('F')}", !charged.between?(surely, most)))
      end

      def incidents
        found = tables.all("incident").flatten.tally
        missing = failed.reject { |call| found[call.tag] }
        row("record: incidents, of at least", found.values.sum, failed.size,
            wrong: missing.map { |call| "that of #{call.tag} is missing" } +
                   found.select { |_, times| times > 1 }.map { |tag, times| "that of #{tag} is there #{times} times" })
      end

      def unrecorded
        @unrecorded ||= Unrecorded.new(record)
      end

      def certain
        @certain ||= record.calls.values.select do |call|
          CERTAIN.include?(call.ends) && !call.signalled && !unrecorded.include?(call.tag)
        end
      end

      # Those in which an attempt failed, or that nobody answered.
      def failed
        @failed ||= certain.select { |call| hops.include?(call.tag) || call.ends != %w[answer] }
      end

      # A hop without a reservation is not of the run's own calls.
      def hops
        @hops ||= record.attempts.values.select { |one| one.hop && one.reserved.positive? }
                        .to_h { |one| [one.call.tag, true] }
      end

      # What is known to have been billed: each attempt once, whatever number of rows it is charged to.
      # @return [Array<Array(String, BigDecimal)>] the call, and US dollars
      def known
        @known ||= tables.charges.group_by(&:attempt).values.filter_map do |all|
          charges = of_a_row(all)
          [all.first.key.split.first, sum(charges.map(&:usd))] if charges
        end
      end

      # Those that failed while the database was away, and that an interrupt kept the app from making again. The record
      # has them, for the app is to make them.
      # @return [Array<Attempt>]
      def failed_charges
        charged = tables.charges.reject { |charge| charge.kind == "estimate" }.to_h { |charge| [charge.key, true] }
        record.attempts.values.select { |one| one.billed && !charged[one.key] && unrecorded.failed_charge?(one.call) }
      end

      def of_a_row(charges)
        charges.group_by(&:row).values.find { |all| all.any? { |charge| charge.kind != "estimate" } }
      end
    end
  end
end
