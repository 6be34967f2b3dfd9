# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether calls failed for the database only while it was away.
    class Outage < Part
      # Seconds after which a call that begins finds all connected again.
      SLACK = 2
      # Calls that may find their connection broken at any time, for a reason that is not known: an interrupt in the
      # middle of a statement does not break it. Such a call is refused, before money is spent.
      BROKEN = 2
      private_constant :SLACK, :BROKEN

      # A call keeps its connection, which is broken then, however late it uses that.
      # @param record [RunRecord]
      # @param call [RunRecord::Call, nil]
      # @param moment [Float, nil] seconds; of the call
      # @return [Boolean] whether the database was away then, or earlier in the call
      def self.before?(record, call, moment)
        moments = record.all("database").to_h { |_, what, at| [what, Float(at)] }
        return false unless moment && moments.size == 2

        stopped, started = moments.values_at("stopped", "started")
        moment >= stopped && (moment <= started + SLACK || call.during?(stopped, started + SLACK))
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
        others = all.reject { |_, tag, *, at| Outage.before?(record, record.calls[tag], Float(at)) }
        broken, others = others.partition { |one| event == "away" && one.join(" ").include?("PG::ConnectionBad") }
        others += broken if broken.size > BROKEN
        row(what, all.size,
            wrong: others.map { |process, tag, *details| "#{tag} in #{process} (#{details.join(' ')})" })
      end
    end
  end
end
