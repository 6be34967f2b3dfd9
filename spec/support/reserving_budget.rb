# frozen_string_literal: true

module Support
  # A budget that reserves, as an app would write it, in memory. It records each operation.
  class ReservingBudget
    # @return [Array<Array>] such as [:reserve, usd, key], [:settle, cost_usd], [:release]
    attr_reader :operations

    def initialize(cap: "1")
      @cap = BigDecimal(cap)
      @spent = BigDecimal(0)
      @reserved = {}
      @operations = []
      @lock = Mutex.new
    end

    def exhausted?
      @lock.synchronize { left <= 0 }
    end

    def charge!(cost_usd)
      @lock.synchronize { @spent += cost_usd }
    end

    def reserve!(usd, key:)
      @lock.synchronize do
        raise LlmRouter::BudgetExceeded.new(needed_usd: usd, left_usd: left) if usd > left

        @operations << [:reserve, usd, key]
        Object.new.tap { |reservation| @reserved[reservation] = usd }
      end
    end

    def settle!(reservation, cost_usd)
      @lock.synchronize do
        @reserved.delete(reservation)
        @spent += cost_usd
        @operations << [:settle, cost_usd]
      end
    end

    def release!(reservation)
      @lock.synchronize do
        @reserved.delete(reservation)
        @operations << [:release]
      end
    end

    def spent_usd
      @spent
    end

    def reserved_usd
      @reserved.values.sum
    end

    private

    def left
      @cap - @spent - reserved_usd
    end
  end
end
