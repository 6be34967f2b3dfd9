# frozen_string_literal: true

class LlmRouter
  # Reserves and settles for many calls in one statement, if the budget is rows of a database that has such a statement.
  # It does so for all of them or for none. What it does not do, each call does by itself, and so finds out why.
  # @api private
  class BulkAccount
    # Settlements in one statement.
    MAX_TOGETHER = 50
    private_constant :MAX_TOGETHER

    # @param budget [#exhausted?, #charge!]
    # @param config [Configuration]
    # @return [BulkAccount, nil]
    def self.of(budget, config)
      ledger = Budgets.new([budget]).bulk_ledger
      ledger && new(ledger, config, several: budget.is_a?(Budgets))
    end

    # @param several [Boolean] whether a call has its reservations as {Budgets#reserve!} returns them
    def initialize(ledger, config, several:)
      @ledger = ledger
      @config = config
      @account = (Account.of(ledger) if several)
    end

    # @param claims [Hash{Spending => Hash}] see {Ahead#claim}
    # @return [void]
    def reserve(claims)
      reservations = whole("reserve") { @ledger.reserve_all(claims.values) }
      return claims.each_key(&:reserve_later) unless reservations

      claims.each_key.zip(reservations) do |spending, reservation|
        spending.reserved_ahead(@account ? { @account => reservation } : reservation)
      end
    end

    # @param settlements [Hash{Spending => Hash}] see {Ahead#settlement}
    # @return [void]
    def settle(settlements)
      settlements.each_slice(MAX_TOGETHER) do |some|
        next if some.one?

        done = whole("settle") { @ledger.settle_all(some.map { |_, settlement| unwrapped(settlement) }) }
        some.each { |spending,| spending.settled_ahead } if done
      end
    end

    private

    def unwrapped(settlement)
      return settlement unless @account

      { **settlement, reservation: settlement[:reservation].each_value.first }
    end

    def whole(what)
      yield
    rescue StandardError, ScriptError => e
      Log.new(@config.logger).write(:warn) do
        "no statement could #{what} for many calls (#{e.class}): each does it alone"
      end
      nil
    end
  end
end
