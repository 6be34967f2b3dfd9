# frozen_string_literal: true

require "llm_router/budget/sql/many_in_one"

class LlmRouter
  module Budget
    # What a {Ledger} does for many attempts in one statement, where that needs no thought. Where it does, nothing is
    # done: each attempt then reserves, or settles, by itself.
    # @api private
    module ManyAttempts
      # The methods of a row that this goes past.
      METHODS = %i[reserve! settle! release!].freeze
      private_constant :METHODS

      # @return [Boolean] whether the database has such a statement, and no model has methods of its own
      def many_attempts?
        OwnConnection.postgresql?(model.connection_pool) &&
          budgets.all? { |row| METHODS.all? { |name| row.method(name).owner == Budget } }
      end

      # @param claims [Array<Hash>] each what {Ledger#reserve!} takes: +usd+, +key+ and +attempt+
      # @return [Array<Reservation>, nil] nil where nothing was reserved
      def reserve_all(claims)
        now = Time.now
        reservations = claims.map { |claim| reservation(**claim) }
        rows = reservations.zip(claims).map { |held, claim| { **held.to_h, **lease(claim[:attempt], now) } }
        caps = default_caps
        reservations if in_one { |statement| statement.reserve(rows, caps) }
      rescue RowLocked
        raise
      rescue StandardError
        # Its reply may be lost: then it has reserved.
        release_all(reservations)
        raise
      end

      # @param settlements [Array<Hash>] each what {Ledger#settle!} takes: +reservation+, +cost_usd+ and +attempt+
      # @return [Boolean] false where none was settled
      def settle_all(settlements)
        now = Time.now
        rows = settlements.map { |settlement| charge_columns(now, **settlement) }
        return false unless in_one { |statement| statement.settle(rows) }

        ChargedAlready.note(budgets, settlements.last[:cost_usd])
        true
      end

      private

      def release_all(reservations)
        reservations&.each { |reservation| release!(reservation) }
      rescue StandardError
        # The leases expire.
        nil
      end

      def charge_columns(now, reservation:, cost_usd:, attempt:)
        { attempt_id: reservation.attempt_id, kind: kind(attempt), cost_usd: Usd.exact(cost_usd, "cost_usd"),
          **details(attempt), created_at: now }
      end

      # @yieldparam statement [ManyInOne]
      def in_one
        return unless budgets.all?(&:id)

        OwnConnection.bare(model) do |connection, settings|
          statement = ManyInOne.on(connection, budgets) if settings.empty?
          statement && yield(statement)
        end
      end
    end
  end
end
