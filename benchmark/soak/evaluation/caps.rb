# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether the cap held, and whether anybody felt it; and what the ledger's own audit says.
    class Caps < Part
      # @return [Array<Row>]
      def rows
        [cap, refused, leases, audit]
      end

      private

      def cap
        caps = tables.all("row").select { |_, cap| cap }
        excesses = tables.all("excess")
        row("rows: spent of the shared cap, USD", *caps.flat_map { |_, cap, spent| [spent, cap] },
            wrong: excesses.map { |id, usd| "row #{id} was #{usd} USD above its cap" } +
                   complain("no row has a cap", caps.empty?))
      end

      def refused
        refused = record.calls.values.count { |call| call.ends == ["refused"] }
        row("rows: calls refused for the cap", refused, wrong: complain("the cap refused no call", refused.zero?))
      end

      # An attempt's timeout and the lease's margin, which are a second each.
      def leases
        seconds = Float(tables.all("lease").flatten.first || 0)
        row("rows: the last lease ran out after, s", seconds, wrong: complain("it is longer than 2 s", seconds > 2))
      end

      def audit
        differences = tables.all("difference").flatten
        row("rows: differences that the audit finds", differences.size,
            wrong: differences.map { |text| text.tr("_", " ") } +
                   complain("nothing was audited", tables.all("row").empty?))
      end
    end
  end
end
