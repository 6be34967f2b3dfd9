# frozen_string_literal: true

# A budget in memory, as the peers have none.
class Purse
  # Two methods, and it is asked and charged.
  class Plain
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

    # @return [BigDecimal] what is held for attempts
    def held = BigDecimal(0)
  end

  # With three more, its cap holds: what each attempt can cost is reserved before it, and settled after it.
  class Reserving < Plain
    CAP = BigDecimal(1_000_000)
    # @return [BigDecimal]
    attr_reader :held

    def initialize
      super
      @held = BigDecimal(0)
    end

    def reserve!(usd, key:) # rubocop:disable Lint/UnusedMethodArgument
      @lock.synchronize do
        left = CAP - @charged - @held
        raise LlmRouter::BudgetExceeded.new(left_usd: left) if usd > left

        @held += usd
      end
      usd
    end

    def settle!(held, cost_usd)
      @lock.synchronize do
        @held -= held
        @charged += cost_usd
      end
    end

    def release!(held)
      @lock.synchronize { @held -= held }
    end
  end
end
