# frozen_string_literal: true

require "llm_router/testing"

RSpec.describe LlmRouter::Testing, ".response" do
  it "is a response as a call returns it" do
    hop = LlmRouter::Hop.new(model: "a/b", vendor: "a", endpoint: "openrouter", reason: :timeout, status: nil,
                             message: "too late", duration: 1.0, retry_after: nil, cost_usd: nil, generation_id: nil)
    response = described_class.response(content: { ok: true }, cost_usd: "0.0021", model: "c/d", hops: [hop],
                                        finish_reason: "length", usage: { prompt_tokens: 3 })
    expect(response).to be_a(LlmRouter::Response).and be_frozen
    expect(response).to have_attributes(content: '{"ok":true}', cost_usd: BigDecimal("0.0021"), model: "c/d",
                                        requested_model: "c/d", fallback?: true, finish_reason: "length",
                                        endpoint: "openrouter", cost_basis: :billed)
    expect(response.usage.prompt_tokens).to eq(3)
    expect(response.raw.dig("choices", 0, "message", "content")).to eq('{"ok":true}')
    expect("#{response}").to eq('{"ok":true}') # rubocop:disable Style/RedundantInterpolation
  end

  it "calls tools, refuses, and has defaults" do
    tool = { "id" => "1", "type" => "function", "function" => { "name" => "f", "arguments" => "{}" } }
    response = described_class.response(content: nil, tool_calls: [tool])
    expect(response).to have_attributes(content: nil, tool_calls: [tool], finish_reason: "tool_calls", to_s: "")
    expect(described_class.response(content: nil, refusal: "No").refusal).to eq("No")
    expect(described_class.response).to have_attributes(content: "Hello", cost_usd: 0, hops: [])
  end

  it "is what a real call returns, in every method" do
    LlmRouter.testing! { |gateway| gateway.answer("[1]", cost_usd: "0.25", id: "gen-1") }
    real = LlmRouter.new(chain: %w[a/b c/d], budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES)
    double = described_class.response(content: "[1]", cost_usd: "0.25", model: "a/b", id: "gen-1")
    methods = LlmRouter::Response.public_instance_methods(false) - %i[raw hash == eql? marshal_load marshal_dump]
    readers = methods.select { |name| LlmRouter::Response.instance_method(name).arity.zero? }
    expect(readers.to_h { |name| [name, double.public_send(name)] })
      .to eq(readers.to_h { |name| [name, real.public_send(name)] })
  ensure
    LlmRouter.testing_off!
  end

  it "refuses a cost that is not exact" do
    expect { described_class.response(cost_usd: 0.1) }.to raise_error(ArgumentError, /a cost is a decimal String/)
  end
end
