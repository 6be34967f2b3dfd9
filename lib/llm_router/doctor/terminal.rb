# frozen_string_literal: true

class LlmRouter
  module Doctor
    # A report in colours, on a terminal that wants them.
    # @api private
    module Terminal
      COLOURS = { green: 32, yellow: 33, red: 31 }.freeze
      private_constant :COLOURS

      module_function

      # @param report [Report]
      # @param out [IO]
      # @return [void]
      def print(report, out: $stdout)
        report.findings.each { |finding| out.puts line(finding, colours?(out)) }
        out.puts report.summary
      end

      # https://no-color.org: set and not empty.
      def colours?(out)
        out.respond_to?(:tty?) && out.tty? && ENV.fetch("NO_COLOR", "").empty? && ENV["TERM"] != "dumb"
      end

      def line(finding, colours)
        text = finding.to_s
        level = finding.level.name
        colours ? text.sub(level, "\e[#{COLOURS.fetch(finding.level)}m#{level}\e[0m") : text
      end
    end
  end
end
