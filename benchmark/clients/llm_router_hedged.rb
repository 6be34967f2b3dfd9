# frozen_string_literal: true

require_relative "llm_router_unhedged"

# With a second attempt after three times what an answer takes.
class RouterHedged < RouterUnhedged
  private

  def hedge = { after: 0.15 }
end
