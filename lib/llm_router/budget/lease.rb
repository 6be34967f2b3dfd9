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

      # @return [BigDecimal] US dollars held by leases that run
      def held(budget)
        running(budget, &:itself).sum(BigDecimal(0), &:usd)
      end

      # @return [Float, nil] seconds until the next lease ends; nil where none runs
      def seconds_left(budget)
        first = running(budget) { |leases| leases.order(:expires_at).limit(1) }.first
        first && [first.expires_at - Time.now, 0.0].max
      end

      # @param row [Budget] as the database has it now
      # @return [BigDecimal] US dollars that cannot be spent otherwise: where an estimate is going to be
      #   charged, that of a lease that is up as well
      def claim(row)
        Configuration.current.on_uncertain == :release ? held(row) : row[:reserved_usd]
      end

      def running(budget)
        Database::OwnConnection.open(budget.class) do |connection|
          leases = budget.class::Reservation.unscoped.where(budget_id: budget.id).where("expires_at > ?", Time.now)
          Row.all(connection, yield(leases))
        end
      end
    end
  end
end
