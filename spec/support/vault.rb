# frozen_string_literal: true

module Support
  # A budget that reserves, as an app would write it, in memory. It notes what it was told.
  class Vault
    attr_reader :told

    def initialize(cap: "1")
      @cap = BigDecimal(cap)
      @spent = BigDecimal(0)
      @held = {}
      @told = []
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

        @told << [:reserve, usd, key]
        Object.new.tap { |reservation| @held[reservation] = usd }
      end
    end

    def settle!(reservation, cost_usd)
      @lock.synchronize do
        @held.delete(reservation)
        @spent += cost_usd
        @told << [:settle, cost_usd]
      end
    end

    def release!(reservation)
      @lock.synchronize do
        @held.delete(reservation)
        @told << [:release]
      end
    end

    def held
      @held.values.sum
    end

    def left
      @cap - @spent - held
    end

    def spent_usd
      @spent
    end
  end
end
