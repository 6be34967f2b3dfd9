# frozen_string_literal: true

class LlmRouter
  # The budget has no room for the worst case of an attempt. A budget of your own raises it from +reserve!+.
  #
  # @example In a budget of your own
  #   raise LlmRouter::BudgetExceeded.new(needed_usd: usd, left_usd: left) if usd > left
  class BudgetExceeded < Error
    # @return [Object, nil] the budget without room; of several, the one that has room again last
    attr_reader :budget
    # @return [BigDecimal, nil] US dollars: the worst case of the attempt
    attr_reader :needed_usd
    # @return [BigDecimal, nil] US dollars neither spent nor reserved; nil if the budget does not say
    attr_reader :left_usd
    # @return [BigDecimal, nil] US dollars: the budget's cap; nil if the budget does not say
    attr_reader :cap_usd
    # @return [Time, nil] the end of the budget's period; nil if the budget does not say
    attr_reader :period_ends_at
    # @return [Float, nil] seconds until a retry may succeed, if only reservations of other calls are in the way
    attr_reader :retry_after

    # @param message [String, nil]
    # @param budget [Object, nil]
    # @param needed_usd [BigDecimal, nil] US dollars
    # @param left_usd [BigDecimal, nil] US dollars
    # @param cap_usd [BigDecimal, nil] US dollars
    # @param period_ends_at [Time, nil]
    # @param retry_after [Float, nil] seconds
    # @param call [Hash] hops and responses, see {Error}
    def initialize(message = nil, budget: nil, needed_usd: nil, left_usd: nil, cap_usd: nil,
                   period_ends_at: nil, retry_after: nil, **call)
      @budget = budget
      @needed_usd = needed_usd
      @left_usd = left_usd
      @cap_usd = cap_usd
      @period_ends_at = period_ends_at
      @retry_after = retry_after
      super(message || "the budget has no room: #{in_words}", **call)
    end

    # @return [String, nil] the budget's +scope_in_words+, such as "Organization/7 draft_reply production", or the
    #   name of its class
    def scope
      return if budget.nil?

      budget.respond_to?(:scope_in_words) ? budget.scope_in_words : budget.class.name
    end

    # @return [Boolean] whether nothing is left, even after calls under way release their reservations
    # @api private
    def nothing_left?
      retry_after.nil? && (left_usd ? !left_usd.positive? : needed_usd.nil?)
    end

    # @return [BudgetExceeded] self
    # @api private
    def of(budget)
      @budget ||= budget
      self
    end

    # @return [Hash{Symbol => Object}] all that {#initialize} takes but a message and hops
    # @api private
    def details
      { budget: budget, needed_usd: needed_usd, left_usd: left_usd, cap_usd: cap_usd, period_ends_at: period_ends_at,
        retry_after: retry_after }
    end

    # @return [String] the needed amount, whose budget it is, what is left, and until when
    # @api private
    def in_words
      [("#{amount(needed_usd)} USD are needed" if needed_usd), whose,
       ("calls under way have reserved the rest" if retry_after)].compact.join(", ")
    end

    # @return [String] such as "Organization/7 draft_reply production has 0.0916 of 5 USD left until 1 December"
    # @api private
    def whose
      left = left_usd ? "#{amount(left_usd)}#{" of #{amount(cap_usd)}" if cap_usd} USD" : "nothing"
      left = "less" if left_usd.nil? && needed_usd
      "#{scope || 'the budget'} has #{left} left#{" until #{date(period_ends_at)}" if period_ends_at}"
    end

    private

    def amount(usd)
      BigDecimal(usd.to_s).to_s("F").delete_suffix(".0")
    end

    # With the time of day if it is not midnight, and the year if it is not this one.
    def date(time)
      year = " %Y" unless time.year == Time.now.year
      clock = " %H:%M %Z" if time.respond_to?(:hour) && [time.hour, time.min, time.sec].any?(&:positive?)
      time.strftime("%-d %B#{year}#{clock}")
    end
  end
end
