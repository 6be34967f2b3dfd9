# frozen_string_literal: true

module Support
  # A budget with the two methods that every budget has, as an app would write it, in memory.
  class ChargingBudget
    # @return [Array<BigDecimal>] the costs that were charged
    attr_reader :charges
    # @return [Integer] how often {#exhausted?} was called
    attr_reader :checks

    def initialize(cap: nil, charged: [])
      @cap = cap && BigDecimal(cap)
      @charges = charged
      @checks = 0
      @lock = Mutex.new
    end

    def exhausted?
      @lock.synchronize do
        @checks += 1
        !@cap.nil? && @charges.sum >= @cap
      end
    end

    def charge!(cost_usd)
      @lock.synchronize { @charges << cost_usd }
    end
  end
end
