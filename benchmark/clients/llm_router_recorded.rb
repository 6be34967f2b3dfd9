# frozen_string_literal: true

require_relative "llm_router_connected"

# The same with the record of calls, written once a second.
class RouterRecorded < RouterConnected
  def initialize(url, **)
    super
    ActiveRecord::Base.connection.execute("DELETE FROM llm_call_stats")
    LlmRouter.configure { |config| config.record_calls = true }
  end

  # At the end, for the runner to compare with what it has counted.
  def budgets
    recorded = LlmRouter::CallRecord.flush && LlmRouter::CallRecord::Stat.model.sum(:cost_usd)
    raise "recorded were #{recorded} USD of #{super.charged}" unless recorded == super.charged

    super
  end
end
