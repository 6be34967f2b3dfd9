# frozen_string_literal: true

class LlmRouter
  # The budget that never ends: how to say on purpose that a call has none.
  #
  # @example
  #   LlmRouter.new(chain: :default, budget: LlmRouter::Unlimited)
  module Unlimited
    module_function

    # @return [Unlimited] itself: there is nothing to tell two of them apart by
    def new
      self
    end

    # @return [false]
    def exhausted?
      false
    end

    # @param _cost_usd [BigDecimal] US dollars
    # @return [nil]
    def charge!(_cost_usd)
      nil
    end
  end
end
