# frozen_string_literal: true

require_relative "llm_router_unhedged"

# With a second attempt after the 95th percentile.
class RouterHedgedP95 < RouterUnhedged
  private

  def hedge = { after: :p95 }
end
