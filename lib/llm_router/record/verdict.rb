# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Whether a claim holds for an app: the large majority of its failures are transient, and a chain across vendors
    # absorbs them.
    # @api private
    class Verdict
      # Fewer failures say nothing.
      MIN_FAILURES = 30
      # Shares that are a large majority.
      TRANSIENT = 0.75
      ABSORBED = 0.9
      ADVICE = {
        too_long: "shorten the prompts, or add a model with a larger window",
        rejected: "read your prompts", moderated: "read your prompts", blank: "raise max_tokens",
        unacceptable: "read what accept refuses",
        model_not_found: "fix the names of the models", unauthorized: "fix the key",
        insufficient_credits: "add credits", no_provider: "set config.price_ceiling = :dearest, or a newer price"
      }.freeze
      private_constant :ADVICE

      # @param report [Report]
      def initialize(report)
        @report = report
      end

      # @return [String]
      def to_s
        return too_few(failures) if failures < MIN_FAILURES

        share(@report.transient, failures) < TRANSIENT ? own_fault : of_chain
      end

      private

      def failures = @report.failures

      def own_fault
        reason, count = @report.reasons.except(*Columns::TRANSIENT).first
        feature, count = @report.rejected.first if reason == :rejected && @report.rejected.any?
        what = reason == :rejected ? "rejected requests (4xx)" : reason.to_s
        "does not hold here: #{percent(count, failures)} of your #{failures} failures are #{what}" \
          "#{" from :#{feature}" unless feature.to_s.empty?}; #{ADVICE.fetch(reason)}"
      end

      def of_chain
        return too_few("no call with a failure in this time") if @report.troubled.zero?
        return unabsorbed if share(@report.absorbed, @report.troubled) < ABSORBED

        "holds here: #{percent(@report.transient, failures)} of #{failures} failures were transient, and the chain " \
          "absorbed #{percent(@report.absorbed, @report.troubled)} of the #{@report.troubled} calls with a failure"
      end

      def unabsorbed
        "does not hold here: the chain absorbed only #{percent(@report.absorbed, @report.troubled)} of the " \
          "#{@report.troubled} calls with a failure; add a candidate of another vendor, or read the rejected requests"
      end

      def too_few(denominator) = "too few failures to say (#{denominator})"

      def share(part, whole) = part.fdiv(whole)

      # Rounded down: 99.9 % is not all. In integers, for 0.29 * 100 is less than 29.
      def percent(part, whole) = "#{part * 100 / whole} %"
    end
  end
end
