# frozen_string_literal: true

class LlmRouter
  # Several budgets as one: exhausted if any of them is, reserved with all of them, and all are charged.
  # This is what `budget: [organization_budget, feature_budget]` becomes.
  #
  # Rows ({Budget}) of one table are charged in one transaction, always in the same order so that
  # two charges cannot wait for each other. Budgets of your own are charged one by one.
  #
  # @example
  #   budget = LlmRouter::Budgets.new([LlmBudget.for(organization), LlmBudget.for(nil, feature: :chat)])
  class Budgets
    # Some of the budgets were charged and some were not, whose first error is the +cause+.
    class PartlyCharged < Error
      # @return [Budgets] the budgets that are not charged yet
      attr_reader :left

      # @api private
      def initialize(left)
        super("not all budgets were charged: charge PartlyCharged#left " \
              "(#{left.budgets.map { |budget| budget.class.name }.join(', ')}), not the others again")
        @left = left
      end
    end

    # @return [Array<#exhausted?, #charge!>] without duplicates
    attr_reader :budgets

    # @param budgets [Array<#exhausted?, #charge!>]
    # @raise [ArgumentError] the list is empty
    def initialize(budgets)
      @budgets = budgets.flat_map { |budget| budget.is_a?(Budgets) ? budget.budgets : budget }.uniq.freeze
      raise ArgumentError, "budget: [] is none: give budgets, or LlmRouter::Unlimited" if @budgets.empty?

      freeze
    end

    # @return [Boolean] whether any of them is
    def exhausted?
      budgets.any?(&:exhausted?)
    end

    # @param cost_usd [BigDecimal] US dollars; each is charged the whole of it
    # @param attempt [Attempt, nil] what goes on record
    # @return [void]
    # @raise [PartlyCharged] where some were charged and others not
    # @raise [StandardError] a budget's own error, where none was charged
    def charge!(cost_usd, attempt: nil)
      each_of(accounts) { |account| account.charge(cost_usd) { attempt } }
    end

    # Reserves with all of them, or with none. Budgets that do not reserve must not be exhausted.
    # @param usd [BigDecimal] US dollars
    # @param key [String]
    # @param attempt [Attempt, nil]
    # @return [Hash{Account => Object}] their reservations
    # @raise [BudgetExceeded]
    def reserve!(usd, key:, attempt: nil)
      reserved = {}
      accounts.each { |account| reserved[account] = account.reserve(usd, key: key) { attempt } }
      done = true
      reserved
    ensure
      release!(reserved) unless done
    end

    # @param reserved [Hash{Account => Object}]
    # @param cost_usd [BigDecimal] US dollars
    # @param attempt [Attempt, nil]
    # @return [void]
    # @raise [PartlyCharged, StandardError] as {#charge!}
    def settle!(reserved, cost_usd, attempt: nil)
      each_of(reserved.keys) do |account|
        # A plain charge has no identity: do not repeat it if all this is settled once more.
        reservation = account.reserving? ? reserved[account] : reserved.delete(account)
        account.settle(reservation, cost_usd) { attempt }
      end
    end

    # @param reserved [Hash{Account => Object}]
    # @return [void]
    def release!(reserved)
      each_of(reserved.keys) { |account| account.release(reserved[account]) }
    end

    # @param reserved [Hash{Account => Object}]
    # @param attempt [Attempt, nil]
    # @return [void]
    def uncertain!(reserved, attempt: nil)
      charge = Configuration.current.on_uncertain == :charge_estimate
      each_of(reserved.keys) { |account| account.uncertain(reserved[account], charge: charge) { attempt } }
    end

    # @return [Boolean] whether any of them reserves
    def reserves?
      accounts.any?(&:reserving?)
    end

    # @return [Object, nil] of the exhausted budgets, the one that has money again last: never, unknown, or at the end
    #   of the longest period
    def exhausted
      budgets.select(&:exhausted?).max_by { |budget| ends_at(budget)&.to_f || Float::INFINITY }
    end

    # @return [Time, nil] when all exhausted budgets have money again; nil if one of them never has, or does not say
    def period_ends_at
      budget = exhausted
      budget && ends_at(budget)
    end

    # @return [Object, nil] the ledger of all of them, if it can reserve and settle for many attempts in one statement
    # @api private
    def bulk_ledger
      account, *others = accounts
      ledger = account.budget
      ledger if others.empty? && ledger.respond_to?(:many_attempts?) && ledger.many_attempts?
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{budgets.inspect}>"
    end

    private

    def ends_at(budget)
      budget.period_ends_at if budget.respond_to?(:period_ends_at)
    end

    # Continues with the other parties after an error of one.
    def each_of(parties)
      failed = parties.filter_map do |account|
        yield account
        nil
      rescue StandardError => e
        [account.members, e]
      end
      return if failed.empty?
      raise failed.first.last if failed.size == parties.size

      raise PartlyCharged.new(Budgets.new(failed.flat_map(&:first))), cause: failed.first.last
    end

    # Rows of one table act together, in one transaction.
    def accounts
      rows, others = budgets.partition { |budget| budget.class.respond_to?(:joint_ledger) }
      by_table = rows.group_by { |row| [row.class.connection_pool, row.class.table_name] }.values
      joint = by_table.map { |members| members.first.class.joint_ledger(members) }
      (joint + others).map { |budget| Account.of(budget) }
    end
  end
end
