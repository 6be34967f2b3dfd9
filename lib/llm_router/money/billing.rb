# frozen_string_literal: true

require "llm_router/money/bill"

class LlmRouter
  # What {Spending} charges an attempt: its bill; else its tokens at the model's price; else what was reserved.
  # @api private
  module Billing
    # @param sent [String, nil] the endpoint's bill, a decimal
    # @param usage [Usage]
    # @return [Bill]
    def answer(sent, usage)
      @unbilled = false
      known = bill(sent, usage, 1)
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
      (bill(sent, Usage.new(*tokens), 0) if sent || uncertain) || Bill::NONE
    end

    private

    # @param least [Integer] tokens that the completion has in any case
    # @return [Bill, nil] nil where it is not known
    def bill(sent, usage, least)
      return Bill.sent(sent) if sent

      Bill.computed(usage, least) { reserving? ? @price : @config.price_of(@candidate) }
    end
  end
end
