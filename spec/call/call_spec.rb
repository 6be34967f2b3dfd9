# frozen_string_literal: true

RSpec.describe LlmRouter, "#call" do
  it "returns the first model's answer" do
    usage = { prompt_tokens: 3, completion_tokens: 5 }
    gateway.answer("Hello", cost_usd: "0.0021", provider: "Anthropic", usage: usage)
    draft = ask
    expect(draft).to have_attributes(content: "Hello", model: Support::PRIMARY, provider: "Anthropic",
                                     finish_reason: "stop", tool_calls: [], refusal: nil, endpoint: "openrouter",
                                     cost_usd: BigDecimal("0.0021"), fallback?: false, hops: [])
    expect(draft.usage).to have_attributes(prompt_tokens: 3, completion_tokens: 5)
    expect(draft.id).to eq(draft.raw.fetch("id"))
    expect(draft).to be_frozen
    expect(models_called).to eq([Support::PRIMARY])
  end

  it "falls through to the next model, and says so" do
    gateway.answer("Hello")
    gateway.fail(Support::PRIMARY, status: 503)
    draft = ask
    expect(draft).to have_attributes(content: "Hello", model: Support::SECONDARY, fallback?: true)
    expect(draft.hops.first).to have_attributes(model: Support::PRIMARY, vendor: "anthropic", endpoint: "openrouter",
                                                reason: :unavailable, status: 503, attempted?: true)
    expect(draft.hops.first.duration).to be_between(0, 60)
  end

  it "passes everything besides the messages through as it is" do
    gateway.answer("Hello")
    options = { temperature: 0.2, max_tokens: 10, user: "u", stop: nil, provider: { order: ["x"], zdr: true },
                tools: [{ type: :function, function: { name: "f", parameters: {} } }], seed: 2**70 }
    ask(**options, "top_p" => 1)
    expect(gateway.requests.first.body).to eq(
      "model" => Support::PRIMARY, "messages" => [{ "role" => "user", "content" => "Hi" }],
      **JSON.parse(JSON.generate(options)), "top_p" => 1
    )
  end

  it "lays a candidate's own params over the call's" do
    gateway.answer("Hello")
    configure do |config|
      config.chain :default, [{ model: "a/b", params: { max_tokens: 5, temperature: nil } }, "c/d"]
    end
    ask(temperature: 0.2, max_tokens: 10, seed: 1)
    expect(gateway.requests.first.body).to include("max_tokens" => 5, "seed" => 1)
    expect(gateway.requests.first.body).not_to have_key("temperature")
  end

  it "sends the key and names the app" do
    gateway.answer("Hello")
    configure(app_name: "Drafts", app_url: "https://drafts.example")
    ask
    expect(gateway.requests.first.headers).to include("authorization" => "Bearer test-key",
                                                      "x-openrouter-title" => "Drafts",
                                                      "http-referer" => "https://drafts.example")
  end

  it "hands over tool calls as the model made them" do
    calls = [{ "id" => "1", "type" => "function", "function" => { "name" => "f", "arguments" => "{\"a\":1}" } }]
    gateway.answer(nil, tool_calls: calls)
    expect(ask).to have_attributes(content: nil, tool_calls: calls, finish_reason: "tool_calls")
  end

  it "takes a refusal for an answer" do
    gateway.answer(nil, refusal: "I will not")
    expect(ask).to have_attributes(content: nil, refusal: "I will not", fallback?: false)
  end

  it "takes a chain by name, as a String, or as an Array" do
    gateway.answer("Hello")
    configure
    ["default", :default, ["x/y", { "model" => "z/w" }]].each do |chain|
      described_class.new(chain: chain, budget: budget).call(messages: Support::MESSAGES)
    end
    expect(models_called).to eq([Support::PRIMARY, Support::PRIMARY, "x/y"])
  end

  it "ends a chain at a gateway of its own, with its own key" do
    groq = LlmRouter::Testing::Gateway.start(api_key: "groq-key")
    groq.answer("From elsewhere")
    gateway.fail(status: 503)
    configure do |config|
      config.endpoint :groq, base_url: groq.base_url, api_key: "groq-key"
      config.chain :default, ["a/b", { model: "llama-3.3-70b-versatile", endpoint: :groq }]
    end
    expect(ask).to have_attributes(content: "From elsewhere", endpoint: "groq")
  ensure
    groq&.stop
  end

  it "is called from 32 threads that share one router" do
    gateway.answer("Hello", cost_usd: "0.01")
    gateway.fail(Support::PRIMARY, status: 429)
    shared = router
    threads = Array.new(32) { Thread.new { Array.new(5) { shared.call(messages: Support::MESSAGES) } } }
    expect(threads.flat_map(&:value).map(&:content).tally).to eq("Hello" => 160)
    expect(budget.charges.sum).to eq(BigDecimal("1.6"))
    expect(budget.charges.size).to eq(160)
  end

  it "shows neither the budget nor the content in what it prints" do
    gateway.answer("The secret answer")
    expect(router.inspect).to eq("#<LlmRouter chain :default timeout=30.0 deadline=60.0>")
    expect(ask.inspect).not_to include("secret answer")
  end
end
