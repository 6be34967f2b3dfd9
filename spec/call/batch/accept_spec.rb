# frozen_string_literal: true

require_relative "batch_helper"

RSpec.describe LlmRouter, "#call_all with accept:" do
  include BatchHelper

  before do
    gateway.respond { |request| answer_of(request.model == Support::PRIMARY ? "Hm" : "Hello #{number_of(request)}") }
  end

  let(:long_enough) { ->(response) { response.content.size > 3 } }

  it "judges each answer on the calling thread, and charges each" do
    seen = []
    accept = ->(response) { (seen << [Thread.current, response.context]) && long_enough.call(response) }
    asked = requests(3).each_with_index.map { |request, number| { **request, context: number } }
    results = router.call_all(asked, accept: accept)
    expect(results.map(&:content)).to eq(["Hello 0", "Hello 1", "Hello 2"])
    expect(results.flat_map { |result| reasons(result.hops) }).to eq(%i[unacceptable] * 3)
    expect(budget.charges).to eq([BigDecimal("0.25")] * 6)
    expect(seen.map(&:first).uniq).to eq([Thread.current])
    expect(seen.map(&:last)).to match_array([0, 1, 2] * 2)
  end

  it "takes a request's own before the one for all, and sends neither" do
    own = [{ accept: ->(_) { true } }, { "accept" => ->(_) { false } }, {}]
    asked = requests(3).zip(own).map { |request, more| request.merge(more) }
    first, second, third = router.call_all(asked, accept: long_enough)
    expect([first.content, third.content]).to eq(["Hm", "Hello 2"])
    expect(second).to be_a(LlmRouter::Unacceptable)
    expect(second.responses.map(&:content)).to eq(["Hm", "Hello 1", "Hello 1"])
    expect(gateway.requests.map { |request| request.body.to_s }).to all(satisfy { |body| !body.include?("accept") })
  end

  it "makes an error of one call its result, and goes on with the others" do
    accept = ->(response) { raise "number 1" if response.content.end_with?("1") || response.content == "Hm" }
    results = router.call_all(requests(3), accept: ->(response) { accept.call(response).nil? })
    expect(results.map(&:class)).to eq([LlmRouter::Response, LlmRouter::Unacceptable, LlmRouter::Response])
    expect(results[1].hops.map(&:message)).to eq(["number 1"] * 3)
  end

  it "leaves no reservation, and settles each answer once" do
    configure(price_ttl: nil, reserve_usd: BigDecimal("0.5"))
    reserving = Support::ReservingBudget.new(cap: "100")
    described_class.new(budget: reserving).call_all(requests(4), accept: long_enough)
    expect([reserving.spent_usd, reserving.reserved_usd]).to eq([BigDecimal("2"), 0])
    expect(reserving.operations.count { |operation| operation.first == :settle }).to eq(8)
  end

  it "says which request has an accept that cannot judge, before anything is spent" do
    asked = requests(2).each_with_index.map { |request, n| n.zero? ? request : { **request, accept: "short" } }
    expect { router.call_all(asked) }.to raise_error(ArgumentError, /requests\[1\]: accept: a String cannot judge/)
    expect { router.call_all(requests(1), accept: 7) }.to raise_error(ArgumentError, /\Aaccept: a Integer cannot judge/)
    expect([gateway.requests, budget.checks]).to eq([[], 0])
  end
end
