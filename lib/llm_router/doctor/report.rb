# frozen_string_literal: true

class LlmRouter
  module Doctor
    # The findings of all checks.
    class Report
      # @return [Array<Finding>]
      attr_reader :findings
      # @return [Float] seconds that it took
      attr_reader :seconds

      # @api private
      def initialize(findings, seconds)
        @findings = findings.freeze
        @seconds = seconds
        freeze
      end

      # @return [Boolean] whether nothing is red
      def ok? = level != :red

      # @return [Symbol] the worst of the findings: +:green+, +:yellow+ or +:red+
      def level
        %i[red yellow].find { |level| findings.any? { |finding| finding.level == level } } || :green
      end

      # @return [String] a line for each finding, and a sum
      def to_s
        [*findings, summary].join("\n")
      end

      # @return [String]
      def summary
        counts = %i[green yellow red].map { |level| "#{findings.count { |finding| finding.level == level }} #{level}" }
        "#{counts.join(', ')}, in #{format('%.1f', seconds)} s"
      end

      # @return [Hash{Symbol => Object}] made of JSON's types
      def to_h
        { ok: ok?, level: level.name, seconds: seconds.round(3),
          findings: findings.map { |finding| finding.to_h.merge(level: finding.level.name) } }
      end

      # @api private
      def as_json(*) = to_h

      # @return [String]
      def to_json(*arguments) = to_h.to_json(*arguments)
    end
  end
end
