# frozen_string_literal: true

# Options go where they belong, and are spelt as the API spells them.
RSpec.describe LlmRouter, "and the parameters of a call" do
  def unsent(error, message, &)
    expect(&).to raise_error(error, message)
    expect(budget.checks).to eq(0)
    expect(gateway.requests).to be_empty
  end

  {
    timeout: [5, /call: timeout .*LlmRouter\.new\(timeout: 20\)/],
    deadline: [5, /call: deadline .*LlmRouter\.new\(deadline: 60\)/],
    hedge: [{ after: 8 }, /call: hedge .*config\.chain \(hedge: \{ after: 8 \}\)/],
    retries: [2, /call: retries .*one model of a chain \(\{ model: "…", retries: 1 \}\), .*config\.retries/],
    max_wait: [3, /call: max_wait .*config\.max_wait/],
    endpoint: [:groq, /call: endpoint .*\(\{ model: "…", endpoint: :groq \}\)/],
    system: ["Be brief.", /call: system .*as a message \(\{ role: "system", content: "…" \}\), or to one model/],
    chain: [:default, /call: chain .*LlmRouter\.new\(chain: :default\)/],
    budget: [LlmRouter::Unlimited, /call: budget .*LlmRouter\.new\(budget: budget\)/],
    concurrency: [5, /call: concurrency .*call_all\(requests, concurrency: 64\)/],
    context: ["ticket 7", /call: context .*call_all/],
    params: [{ max_tokens: 5 }, /call: params .*each parameter by itself/]
  }.each do |name, (value, message)|
    it "refuses #{name}: and says where it belongs" do
      unsent(ArgumentError, message) { ask(name => value) }
      unsent(ArgumentError, message) { ask(name.to_s => value) }
    end
  end

  it "refuses what belongs to the router in a request of call_all, and in the params of a chain" do
    requests = [{ messages: Support::MESSAGES }, { messages: Support::MESSAGES, timeout: 5 }]
    unsent(ArgumentError, /requests\[1\]: timeout .*LlmRouter\.new/) { router.call_all(requests) }
    unsent(LlmRouter::ConfigurationError, /candidate 0: params: timeout .*\{ model: "…", timeout: 20 \}/) do
      described_class.new(chain: [{ model: "a/b", params: { timeout: 5 } }], budget: budget)
    end
  end

  {
    max_tokens: ["200", Object, 0, -1, 1.5, Float::INFINITY, true, [200]],
    max_completion_tokens: ["200"],
    seed: ["7", 1.5],
    top_k: [{}],
    temperature: ["0.2", [0.2], false],
    logprobs: ["true", 1]
  }.each do |name, values|
    values.each do |value|
      it "refuses #{name}: #{value.inspect}" do
        unsent(ArgumentError, /call: #{name} is .*: give (a|true)/) { ask(name => value) }
      end
    end
  end

  it "shows no text that was given for a number, for it may be a prompt" do
    expect { ask(max_tokens: "My secret") }.to raise_error(ArgumentError, /is a String: (?!.*secret)/)
  end

  it "sends what is right, null, or new" do
    gateway.answer("Hi")
    given = { max_tokens: 200, temperature: BigDecimal("0.5"), top_k: 4.0, seed: nil, logprobs: false,
              tool_choice: "auto", n: 1, min_tokens: 3, brand_new: { deep: true } }
    ask(**given, "user" => "u1")
    sent = { "max_tokens" => 200, "seed" => nil, "min_tokens" => 3, "user" => "u1", "brand_new" => { "deep" => true } }
    expect(gateway.requests.first.body).to include(sent)
    expect(log).not_to match(/parameter/)
  end

  {
    "temprature" => "temperature", "max_token" => "max_tokens", "maxTokens" => "max_tokens", "top-p" => "top_p",
    "Temperature" => "temperature", "reponse_format" => "response_format", "tool" => "tools", "seeds" => "seed",
    "max_output_tokens" => "max_tokens", "stop_sequences" => "stop", "tool_chioce" => "tool_choice"
  }.each do |slip, meant|
    it "warns once of #{slip}, names #{meant}, and sends it" do
      gateway.answer("Hi")
      shared = router
      2.times { shared.call(messages: Support::MESSAGES, slip.to_sym => 1) }
      expect(gateway.requests.last.body).to include(slip => 1)
      expect(log.scan("call: #{slip} is no known parameter: did you mean #{meant}?").size).to eq(1)
    end
  end

  it "refuses a slip under config.unknown_options = :raise, wherever it is" do
    configure(unknown_options: :raise)
    unsent(ArgumentError, /call: temprature .*did you mean temperature/) { ask(temprature: 1) }
    requests = [{ messages: Support::MESSAGES, temprature: 1 }]
    unsent(ArgumentError, /requests\[0\]: temprature/) { router.call_all(requests) }
    chain = [{ model: "a/b", params: { temprature: 1 } }]
    unsent(LlmRouter::ConfigurationError, %r{params of a/b: temprature}) do
      described_class.new(chain: chain, budget: budget)
    end
    unsent(LlmRouter::ConfigurationError, /chain :odd: params of/) do
      described_class.configure { |config| config.chain :odd, chain }
    end
  end

  it "says nothing of a slip under :allow, and warns once for a long list" do
    gateway.answer("Hi")
    configure(unknown_options: :allow)
    ask(temprature: 1)
    expect(log).not_to match(/temprature/)
    configure(unknown_options: :warn)
    router.call_all(Array.new(3) { { messages: Support::MESSAGES, temprature: 1 } })
    expect(log.scan("temprature is no known").size).to eq(1)
  end

  it "refuses a slip in the test environment, unless something else is set", :slow do
    code = 'require "llm_router"; print LlmRouter.config.unknown_options'
    outputs = %w[RACK_ENV RAILS_ENV].map do |name|
      IO.popen([{ "RACK_ENV" => nil, "RAILS_ENV" => nil, name => "test" }, RbConfig.ruby, "-Ilib", "-e", code], &:read)
    end
    expect(outputs).to eq(%w[raise raise])
    expect { configure(unknown_options: :maybe) }.to raise_error(LlmRouter::ConfigurationError, /unknown_options/)
  end
end
