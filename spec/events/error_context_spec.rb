# frozen_string_literal: true

RSpec.describe LlmRouter::Error, "and what a monitor keeps of it" do
  it "has the hops, and no word of an endpoint" do
    gateway.fail("*", status: 503, message: "quoting a prompt")
    context = failure_of { ask }.to_h
    expect(context[:hops].map { |hop| hop[:model] }).to eq(Support::CHAIN)
    expect(context[:hops].first).to include(model: Support::PRIMARY, endpoint: "openrouter", reason: "unavailable",
                                            status: 503, duration: Float)
    expect(context.to_s).not_to include("quoting")
  end

  it "writes money as text, and is empty without hops" do
    hop = LlmRouter::Hop.new(model: "a/b", reason: :blank, message: "words", cost_usd: BigDecimal("0.10"))
    expect(described_class.new("no", hops: [hop]).to_honeybadger_context)
      .to eq(hops: [{ model: "a/b", reason: "blank", cost_usd: "0.1" }])
    expect(described_class.new("no").to_h).to eq(hops: [])
  end
end
