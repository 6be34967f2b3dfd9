# frozen_string_literal: true

class LlmRouter
  module Budget
    # What reservations hold. One whose lease is up holds nothing, though its row is there until the
    # next reservation ends it.
    # @api private
    module Lease
      module_function

      # @return [Float] seconds that an attempt may take for all that the configuration knows, and a while more
      def default
        config = LlmRouter.config
        config.timeout + config.lease_margin
      end

      # @param budget [Budget]
      # @return [BigDecimal] US dollars held by leases that run
      def held(budget)
        reservation = budget.class::Reservation
        running = reservation.where(budget_id: budget.id).where("expires_at > ?", Time.now)
        OwnConnection.open(budget.class) do |connection|
          amounts = connection.uncached { connection.select_values(running.select(:usd).to_sql) }
          amounts.sum(BigDecimal(0)) { |amount| reservation.type_for_attribute("usd").deserialize(amount) }
        end
      end

      # @param row [Budget] as the database has it now
      # @return [BigDecimal] US dollars that cannot be spent otherwise: where an estimate is going to be
      #   charged, that of a lease that is up as well
      def claim(row)
        LlmRouter.config.on_uncertain == :release ? held(row) : row[:reserved_usd]
      end
    end
  end
end
