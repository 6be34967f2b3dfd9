# frozen_string_literal: true

# A budget in memory, as the peers have none.
class InMemoryBudget
  # The two methods that every budget has.
  class Charging
    # @return [BigDecimal]
    attr_reader :charged

    def initialize
      @charged = BigDecimal(0)
      @lock = Mutex.new
    end

    def exhausted? = false

    def charge!(cost_usd)
      @lock.synchronize { @charged += cost_usd }
    end

    # @return [BigDecimal] US dollars
    def reserved_usd = BigDecimal(0)
  end

  # With three more, its cap holds: what each attempt can cost is reserved before it, and settled after it.
  class Reserving < Charging
    CAP = BigDecimal(1_000_000)
    # @return [BigDecimal] US dollars
    attr_reader :reserved_usd

    def initialize
      super
      @reserved_usd = BigDecimal(0)
    end

    def reserve!(usd, key:) # rubocop:disable Lint/UnusedMethodArgument
      @lock.synchronize do
        left = CAP - @charged - @reserved_usd
        raise LlmRouter::BudgetExceeded.new(left_usd: left) if usd > left

        @reserved_usd += usd
      end
      usd
    end

    def settle!(reserved, cost_usd)
      @lock.synchronize do
        @reserved_usd -= reserved
        @charged += cost_usd
      end
    end

    def release!(reserved)
      @lock.synchronize { @reserved_usd -= reserved }
    end
  end
end
