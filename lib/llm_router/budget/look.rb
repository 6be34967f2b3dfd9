# frozen_string_literal: true

class LlmRouter
  module Budget
    # Which reservations and charges an act needs to see, besides the rows themselves: those of an
    # attempt, and the leases that are up by now.
    # @api private
    Look = Struct.new(:attempt_id, :now, keyword_init: true)
  end
end
