# frozen_string_literal: true

class LlmRouter
  # A budget without a limit, for calls that have none on purpose.
  #
  # @example
  #   LlmRouter.new(chain: :default, budget: LlmRouter::Unlimited)
  module Unlimited
    module_function

    # @return [Unlimited] itself, as it has no state
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
