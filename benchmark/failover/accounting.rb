# frozen_string_literal: true

require_relative "scenario"

# The primary fails in every other call.
module Failover
  # Calls of which each has a cost and tokens of its own, and the primary fails in several of them, at a price or not.
  module Accounting
    CALLS = 40

    module_function

    # @return [Float] seconds until the primary answered after the last fault
    def play(stage)
      CALLS.times do |number|
        prepare(stage, number)
        usage = stage.call.response&.usage
        found = usage && [usage.prompt_tokens, usage.completion_tokens]
        stage.complain("call #{number} has the tokens #{found.inspect}") if found != [100 + number, 10 + number]
      end
      stage.await_primary
    end

    def prepare(stage, number)
      script(stage.backup, number, "0.003")
      script(stage.primary, number, "0.002")
      fail_in(stage.primary, number)
    end

    def script(gateway, number, usd)
      gateway.answer("Hi", cost_usd: BigDecimal(usd) + (number * BigDecimal("0.0000000000000001")), times: 1,
                           usage: { prompt_tokens: 100 + number, completion_tokens: 10 + number })
    end

    def fail_in(primary, number)
      case number % 8
      when 1 then primary.fail(status: 503, times: 1)
      when 3 then primary.empty(finish_reason: "length", cost_usd: "0.0007", times: 1)
      when 5 then primary.fail_inside(code: 502, cost_usd: "0.0001", times: 1)
      when 7 then primary.truncate(times: 1)
      end
    end
  end

  Scenario.define do
    [Scenario.new("accounting", "of #{Accounting::CALLS} calls fails in every other, in part for money",
                  wants: { by: :primary, hops: [] }) { |stage| Accounting.play(stage) }]
  end
end
