# frozen_string_literal: true

require "llm_router/money/bill"

class LlmRouter
  # What {Spending} charges an attempt: its bill; else its tokens at the model's price; else what was reserved.
  # @api private
  module Billing
    # @param sent [String, nil] the endpoint's bill, a decimal
    # @yieldreturn [Array<Integer, nil>] what {Usage} holds
    # @return [Bill]
    def answer(sent, &)
      @unbilled = false
      known = bill(sent, 1, &)
      return known if known

      @unbilled = reserving?
      @unbilled && @config.on_uncertain == :charge_estimate ? Bill.new(@worst_case.usd, :estimated) : Bill::NONE
    end

    # What a failed attempt is charged, as far as that is known.
    # @param sent [String, nil] likewise
    # @param uncertain [Boolean] whether it may be billed, and does not say what
    # @param tokens [Array<Integer, nil>] what {Usage} holds
    # @return [Bill]
    def failure(sent, uncertain, tokens)
      (bill(sent, 0) { tokens } if sent || uncertain) || Bill::NONE
    end

    # @return [Boolean] whether the last attempt may be billed, and nothing says what
    def unbilled? = @unbilled

    private

    # @param least [Integer] tokens that the completion has in any case
    # @return [Bill, nil] nil where it is not known
    def bill(sent, least)
      return Bill.sent(sent) if sent

      Bill.computed(Usage.new(*yield), least) { reserving? ? @price : @config.price_of(@candidate) }
    end
  end
end
