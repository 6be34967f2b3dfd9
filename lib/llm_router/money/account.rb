# frozen_string_literal: true

class LlmRouter
  # Calls a budget's methods, whatever it offers: with +reserve!+ it reserves before an attempt; without, it is checked
  # before and charged after. Which methods take +attempt:+ is decided once, here. Blocks return the {Attempt}: to make
  # one takes a tenth of a call's time, and budgets in memory seldom take it.
  # @api private
  class Account
    # @param budget [#exhausted?, #charge!]
    # @return [Account]
    def self.of(budget)
      reserves = budget.respond_to?(:reserve!) && (!budget.is_a?(Budgets) || budget.reserves?)
      (reserves ? Reserving : Account).new(budget)
    end

    # @return [Object] the budget
    attr_reader :budget

    def initialize(budget)
      @budget = budget
      @charge_takes_attempt = takes_attempt?(:charge!, 1)
    end

    # @return [Array<Object>] the budgets, if it is several that act together
    def members
      budget.respond_to?(:members) ? budget.members : [budget]
    end

    # @return [Boolean]
    def reserving?
      false
    end

    # @return [Boolean] false for a budget that reserves: {#reserve} decides
    def exhausted?
      budget.exhausted?
    end

    # @yieldreturn [Attempt] for budgets that take it
    # @return [Object, nil] the reservation
    # @raise [BudgetExceeded]
    def reserve(usd, key:) # rubocop:disable Lint/UnusedMethodArgument
      return unless budget.exhausted?

      ends_at = budget.period_ends_at if budget.respond_to?(:period_ends_at)
      raise BudgetExceeded.new(budget: budget, needed_usd: usd, left_usd: BigDecimal(0), period_ends_at: ends_at)
    end

    # @yieldreturn [Attempt, nil] for budgets that take it
    def settle(_reservation, cost_usd, &)
      charge(cost_usd, &) unless cost_usd.zero?
    end

    # @yieldreturn [Attempt, nil] for budgets that take it
    def charge(cost_usd)
      @charge_takes_attempt ? budget.charge!(cost_usd, attempt: yield) : budget.charge!(cost_usd)
    end

    def release(_reservation); end

    # @yieldreturn [Attempt] for budgets that take it
    def uncertain(_reservation, charge:); end

    private

    # Whether the budget's method takes the keyword attempt:.
    def takes_attempt?(name, positional)
      method = budget.method(name)
      # Then it takes no keywords at all.
      return false if method.arity == positional

      method.parameters.any? { |kind, parameter| kind == :keyrest || parameter == :attempt }
    rescue NameError
      false
    end

    # A budget that reserves.
    class Reserving < Account
      def initialize(budget)
        super
        @reserve_takes_attempt = takes_attempt?(:reserve!, 1)
        @settle_takes_attempt = takes_attempt?(:settle!, 2)
        @keeps_uncertain = budget.respond_to?(:uncertain!)
        @uncertain_takes_attempt = @keeps_uncertain && takes_attempt?(:uncertain!, 1)
      end

      def reserving?
        true
      end

      def exhausted?
        false
      end

      def reserve(usd, key:)
        @usd = usd
        @reserve_takes_attempt ? budget.reserve!(usd, key: key, attempt: yield) : budget.reserve!(usd, key: key)
      rescue BudgetExceeded => e
        raise e.of(budget)
      end

      def settle(reservation, cost_usd)
        return budget.settle!(reservation, cost_usd) unless @settle_takes_attempt

        budget.settle!(reservation, cost_usd, attempt: yield)
      end

      def release(reservation)
        budget.release!(reservation)
      end

      # Without +uncertain!+, the budget cannot keep the reservation, so the policy applies at once.
      # @param charge [Boolean] whether the policy is to charge the estimate
      def uncertain(reservation, charge:, &attempt)
        return charge ? settle(reservation, @usd, &attempt) : release(reservation) unless @keeps_uncertain

        @uncertain_takes_attempt ? budget.uncertain!(reservation, attempt: yield) : budget.uncertain!(reservation)
      end
    end
  end
end
