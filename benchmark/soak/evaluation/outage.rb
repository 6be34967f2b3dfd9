# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether calls failed for the database only while it was away.
    class Outage < Part
      # Seconds that it may take on an idle machine until all are connected again.
      SLACK = 2
      # Calls that may find their connection broken at any time, for a reason that is not known: an interrupt in the
      # middle of a statement does not break it. Such a call is refused, before money is spent.
      BROKEN = 2
      private_constant :SLACK, :BROKEN

      # @param record [RunRecord]
      # @param moment [Float, nil] seconds
      # @return [Boolean] whether the database was away then
      def self.at?(record, moment)
        return false unless moment

        moments = record.all("database").to_h { |_, what, at| [what, Float(at)] }
        moments.size == 2 && moment.between?(moments["stopped"], moments["started"] + (SLACK * record.pace))
      end

      # @return [Array<Row>]
      def rows
        [restarts, failed("away", "calls refused for the database was away"),
         failed("charge_failed", "charges that were made again")]
      end

      private

      def restarts
        restarts = record.all("database").map { |_, what| what }.tally
        row("restarts of the database", restarts["stopped"] || 0,
            wrong: complain("it did not start again", restarts.values != [1, 1]))
      end

      def failed(event, what)
        all = record.all(event)
        others = all.reject { |one| Outage.at?(record, Float(one.last)) }
        broken, others = others.partition { |one| event == "away" && one.join(" ").include?("PG::ConnectionBad") }
        others += broken if broken.size > BROKEN
        row(what, all.size,
            wrong: others.map { |process, tag, *details| "#{tag} in #{process} (#{details.join(' ')})" })
      end
    end
  end
end
