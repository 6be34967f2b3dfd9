# frozen_string_literal: true

require_relative "reserving_budget"

# A chain that hedges, at a gateway whose answers wait for an event.
module Hedging
  # A budget that reserves and keeps what is uncertain.
  class Budget < Support::ReservingBudget
    # @return [Array<BigDecimal>] what was reserved for attempts that were dropped
    def uncertain
      @uncertain ||= []
    end

    def uncertain!(reservation)
      @lock.synchronize { uncertain << @reserved.fetch(reservation) }
    end
  end

  def configure_hedged(chain = Support::CHAIN, hedge: { after: 0.03 }, **settings)
    configure(**settings) do |config|
      Support::CHAIN.each { |model| config.price(model, prompt: "0.000001", completion: "0.0001") }
      config.chain :default, chain, hedge: hedge
      yield config if block_given?
    end
  end

  # @yield returns when the answer may be sent
  def answer_when(content, pattern, cost_usd: "0.002", &event)
    answer = LlmRouter::Testing::Gateway::Answer.new(content, cost_usd: cost_usd)
    held(pattern, event) { |request| answer.reply(request) }
  end

  # @yield returns when the failure may be sent
  def fail_when(pattern, status, message = "no", &event)
    body = { error: { code: status, message: message } }.to_json
    reply = LlmRouter::Testing::Gateway::Reply.new(status: status, headers: {}, body: body)
    held(pattern, event) { reply }
  end

  def both_called
    proc { gateway.await_requests(2) }
  end

  private

  def held(pattern, event)
    gateway.send(:script, pattern) do |exchange|
      event.call
      exchange.reply(yield(exchange.request))
    end
  end
end
