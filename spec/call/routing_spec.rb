# frozen_string_literal: true

RSpec.describe LlmRouter::Response, "#routing" do
  it "is what OpenRouter says of its own attempts, if the header was sent" do
    attempts = [{ provider: "Anthropic", model: "a/b", status: 529 }, { provider: "Google", model: "a/b", status: 200 }]
    gateway.answer("Hi", openrouter_metadata: { strategy: "direct", attempt: 2, attempts: attempts })
    configure(headers: { "X-OpenRouter-Metadata" => "enabled" })
    routing = ask.routing
    expect(gateway.requests.last.headers).to include("x-openrouter-metadata" => "enabled")
    expect(routing).to include("strategy" => "direct", "attempt" => 2)
    expect(routing["attempts"].map { |attempt| attempt["provider"] }).to eq(%w[Anthropic Google])
  end

  it "is nil without it, and where it is no object" do
    gateway.answer("Hi")
    expect(ask.routing).to be_nil
    gateway.answer("Hi", openrouter_metadata: [1])
    expect(ask.routing).to be_nil
  end
end
