# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether interrupts arrive, and who ends as it should.
    class Lives < Part
      # @return [Array<Row>]
      def rows
        [*record.all("interrupt").group_by { |_, kind| kind }.sort.map { |kind, all| interrupts(kind, all) },
         forks, *%w[term kill].map { |how| restarts(how) }, gateway, ends]
      end

      private

      # Where a rollback fails, for the database is away, the driver's error takes the interrupt's place.
      def interrupts(kind, all)
        overtaken = record.all("away").map { |_, tag| tag }
        lost = all.select { |_, _, where, tag| where == "lost" && !overtaken.include?(tag) }
        row("interrupts: #{kind.tr('_', ' ')}; in a call", all.size, all.count { |_, _, where| where == "in" },
            wrong: lost.map { |process, _, _, tag| "that of #{tag} in #{process} never arrived" })
      end

      def forks
        status = record.all("fork").map(&:last).tally
        row("forks", status.values.sum, wrong: status.except("0").map { |how, times| "#{times} ended with #{how}" })
      end

      def restarts(how)
        row("restarts of a process: #{how.upcase}", record.all("restart").count { |_, way| way == how })
      end

      def gateway
        restarts = record.all("gateway").map(&:last).tally
        row("restarts of the gateway: KILL", restarts["killed"] || 0,
            wrong: complain("it did not start again", restarts["killed"] != restarts["started"]))
      end

      def ends
        all = record.all("ended")
        wrong = all.reject { |_, name, status| status == (record.killed?(name) ? "signal_9" : "0") }
        row("processes that ended", all.size,
            wrong: wrong.map { |_, name, status| "#{name} with #{status}" } +
                   complain("the run was interrupted", record.all("interrupted_run").any?))
      end
    end
  end
end
