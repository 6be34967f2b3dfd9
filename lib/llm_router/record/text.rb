# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # A {Report} as text.
    # @api private
    class Text
      # @param report [Report]
      def initialize(report)
        @report = report
      end

      # @return [String]
      def to_s
        [title, *calls, *failures, *rejected, cost, *outages, @report.verdict].join("\n")
      end

      private

      def title
        "#{@report.period.begin} to #{@report.period.end || 'now'}"
      end

      def calls
        ["#{@report.calls} calls, #{@report.cost_usd.to_s('F')} USD", *list("answered by", @report.answered)]
      end

      def failures
        ["#{@report.failures} failed attempts, #{part(@report.transient, @report.failures)} transient",
         *list("reason", @report.reasons),
         "#{@report.troubled} calls with a failure, #{part(@report.absorbed, @report.troubled)} absorbed by the chain"]
      end

      def rejected
        count = @report.rejected.values.sum
        ["#{count} calls ended in a rejected request, #{part(count, @report.calls)} of all",
         *list("feature", @report.rejected)]
      end

      def cost
        "Failed attempts cost #{@report.fallback_usd.to_s('F')} USD and #{@report.fallback_seconds.round(1)} s"
      end

      def list(name, counts)
        counts.map { |key, count| "  #{count.to_s.rjust(9)}  #{name} #{key.to_s.empty? ? '(none)' : key}" }
      end

      # Rounded down, as on the page: 99.96 % is not all.
      def part(some, all)
        all.zero? ? "none" : "#{some} (#{(some * 1000 / all) / 10.0} %)"
      end

      def outages
        @report.outages.map do |outage|
          "Outage of #{outage.model} from #{outage.from.utc} to #{outage.to.utc}: #{outage.absorbed} of " \
            "#{outage.failures} failures absorbed"
        end
      end
    end
  end
end
