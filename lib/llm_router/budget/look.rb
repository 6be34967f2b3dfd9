# frozen_string_literal: true

class LlmRouter
  module Budget
    # Which reservations and charges an act needs to see, besides the rows themselves: those of an
    # attempt or a key, the leases that are up by now, the charges for a generation.
    # @api private
    Look = Struct.new(:attempt_id, :key, :now, :endpoint, :generation_id, keyword_init: true)
  end
end
