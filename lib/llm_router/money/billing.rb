# frozen_string_literal: true

class LlmRouter
  # Computes what {Spending} charges an attempt: its bill; else its tokens at the model's price; else its reservation.
  # @api private
  module Billing
    # @param sent [String, nil] the endpoint's bill, a decimal
    # @yieldreturn [Array<Integer, nil>] what {Usage} holds
    # @return [Bill]
    def answer(sent, &)
      @unbilled = false
      known = bill(sent, @least_tokens, &)
      return known if known

      @unbilled = reserving?
      @unbilled && @config.on_uncertain == :charge_estimate ? Bill.new(@worst_case.usd, :estimated) : Bill::NONE
    end

    # The bill of a failed attempt.
    # @param sent [String, nil] the endpoint's bill, a decimal
    # @param uncertain [Boolean] whether it may have been billed at an unknown cost
    # @param tokens [Array<Integer, nil>] what {Usage} holds
    # @return [Bill]
    def failure(sent, uncertain, tokens)
      (bill(sent, 0) { tokens } if sent || uncertain) || Bill::NONE
    end

    # @return [Boolean] whether the last attempt may have been billed at an unknown cost
    def unbilled? = @unbilled

    private

    # @param least [Integer] the fewest tokens that a completion can have
    # @return [Bill, nil] nil if it is unknown
    def bill(sent, least)
      return Bill.sent(sent) if sent

      Bill.computed(Usage.new(*yield), least) { reserving? ? @price : @config.price_of(@candidate) }
    end
  end
end
