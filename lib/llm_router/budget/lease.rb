# frozen_string_literal: true

class LlmRouter
  module Budget
    # What the reservations of a budget hold, and until when. One whose lease is up holds nothing, though
    # its row is there until the next reservation ends it.
    # @api private
    module Lease
      module_function

      # @return [Float] seconds: the configured timeout and margin
      def default
        config = Configuration.current
        config.timeout + config.lease_margin
      end

      # @param budget [Budget]
      # @return [BigDecimal] US dollars held by leases that run
      def held(budget)
        type = budget.class::Reservation.type_for_attribute("usd")
        running(budget, "usd").sum(BigDecimal(0)) { |usd| type.deserialize(usd) }
      end

      # @param budget [Budget]
      # @return [Float, nil] seconds until the next lease ends; nil where none runs
      def seconds_left(budget)
        now = Time.now
        ends_at = running(budget, "MIN(expires_at)", now).first
        ends_at && (budget.class::Reservation.type_for_attribute("expires_at").deserialize(ends_at) - now).to_f
      end

      # @param row [Budget] as the database has it now
      # @return [BigDecimal] US dollars that cannot be spent otherwise: where an estimate is going to be
      #   charged, that of a lease that is up as well
      def claim(row)
        Configuration.current.on_uncertain == :release ? held(row) : row[:reserved_usd]
      end

      def running(budget, column, now = Time.now)
        OwnConnection.open(budget.class) do |connection|
          leases = budget.class::Reservation.where(budget_id: budget.id).where("expires_at > ?", now)
          connection.uncached { connection.select_values(leases.select(column).to_sql) }
        end
      end
    end
  end
end
