# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # What came of the failures of a month: {CallRecord::Report}, to print.
    # @api private
    class ReportPage < Page
      def title = "Report of #{Date.strptime(month, '%Y-%m').strftime('%B %Y')}"
      def view = "report"

      # @return [String]
      def month
        @month ||= @params.month || Database::Period.today.strftime("%Y-%m")
      end

      # @return [Array<String>]
      def months
        first = CallRecord::Stat.where(environment: environment).order(:starts_at).pick(:starts_at) || Time.now
        [*Months.since(first), month].uniq.sort.reverse
      end

      # @return [CallRecord::Report]
      def report
        @report ||= CallRecord.report(month, environment: environment)
      end
    end
  end
end
