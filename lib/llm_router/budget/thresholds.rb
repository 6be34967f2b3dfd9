# frozen_string_literal: true

class LlmRouter
  module Budget
    # How much of a row's cap is spent, and from where on calls save ({Saving}).
    module Thresholds
      # Seconds for which the cap, and what others have spent, are not read again.
      FRESH = 1.0
      private_constant :FRESH

      # Not older than a second. What this record itself was charged counts at once.
      # @return [BigDecimal, nil] the part of the cap that is spent in the current period; nil for no cap
      # @raise [RowMissing, InsideTransaction]
      def spent_share
        read_share unless @share_read && Process.clock_gettime(Process::CLOCK_MONOTONIC) < @share_read + FRESH
        return unless (cap = @share_cap)

        cap.zero? ? BigDecimal(1) : spent_usd / cap
      end

      # @return [BigDecimal, nil] the model's {ClassMethods#degrade_at}; nil for that of the configuration
      def degrade_at
        self.class.degrade_at
      end

      private

      def read_share
        row = Row.read(self)
        learn(row[:spent_usd], row[:reserved_usd], row.period_started_on)
        @share_cap = row.cap_usd
        @share_read = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
