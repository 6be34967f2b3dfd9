# frozen_string_literal: true

require_relative "doctor_helper"

RSpec.describe LlmRouter::Doctor, "and the models of chains" do
  model = "anthropic/claude-sonnet-4.5"

  def chained(*rungs, **settings)
    configure(**settings) { |config| config.chain :default, rungs }
  end

  def priced(model, prompt: "0.000001", completion: "0.000002", **more)
    gateway.price(model, prompt: prompt, completion: completion, **more)
  end

  describe "Rungs" do
    it "is green for one that exists, by whatever suffix, and red for one that does not" do
      chained(model, "#{model}:nitro", "#{model}:free", "anthropic/claude-sonet-4.5")
      priced(model)
      gateway.model(model)
      texts = [[:green, "#{model} exists, at 1 provider"], [:green, "#{model}:nitro exists, at 1 provider"],
               [:red, /#{model}:free is not at OpenRouter\. .*Change the chain/],
               [:red, /claude-sonet-4\.5 is not at OpenRouter\. Did you mean #{model}\? Change/]]
      expect(found(:Rungs)).to match(texts)
    end

    it "is red for one that no provider serves" do
      chained(model)
      gateway.hang(model)
      gateway.model(model)
      expect(found(:Rungs)).to match([[:red, /listed, but no provider serves it/]])
    end

    it "is not known without a list, and elsewhere" do
      configure do |config|
        config.base_url = "http://127.0.0.1:1"
        config.endpoint :groq, base_url: "https://a.example", api_key: "k"
        config.chain :default, [model, { model: "llama", endpoint: :groq }]
      end
      expect(found(:Rungs)).to match([[:yellow, /not known: #{model}: .*base_url/],
                                      [:green, /llama at groq is not known, .*only OpenRouter has such look-ups/]])
    end
  end

  %i[Rungs Expiration ProviderPrices Window SupportedParameters].each do |check|
    it "says of #{check} why nothing is known" do
      chained(model, base_url: "http://127.0.0.1:1")
      expect(found(check)).to match([[:yellow, /not known: #{model}: .*127\.0\.0\.1.*base_url/]])
    end

    ["null", "7", "[]", "true", '"text"', "<html>", ""].each do |body|
      it "says of #{check} that the answer #{body.inspect} cannot be read" do
        chained(model)
        allow(LlmRouter.config.endpoint_called(:openrouter).native).to receive(:page).and_return([200, nil, body.dup])
        expect(found(check)).to match([[:yellow, /not known: #{model}: the answer cannot be read/]])
      end
    end
  end

  describe "Expiration" do
    day = ->(days) { (Time.now.utc + (days * 86_400)).strftime("%Y-%m-%d") }
    { nil => :green, day.call(400) => :green, day.call(20) => :yellow, day.call(-3) => :red,
      "2001-01-01T00:00:00Z" => :red }.each do |date, level|
      it "is #{level} for #{date.inspect}" do
        chained(model)
        priced(model)
        gateway.model(model, expiration_date: date)
        expect(levels(:Expiration)).to eq([level])
      end
    end
  end

  describe "ProviderPrices" do
    it "names each provider's price" do
      chained(model)
      priced(model, provider: "Anthropic")
      priced(model, provider: "Google", completion: "0.0000025", request: "0.01")
      said = "per million tokens in/out: Anthropic 1/2 USD, Google 1/2.5 USD and 0.01 for a request"
      expect(found(:ProviderPrices)).to eq([[:green, "#{model}, #{said}"]])
    end

    it "is yellow where one is much dearer, unless the listed price is the limit" do
      chained(model)
      priced(model, provider: "Cheap")
      priced(model, provider: "Dear", completion: "0.00002")
      expect(found(:ProviderPrices)).to match([[:yellow, %r{Cheap 1/2 USD, Dear 1/20 USD\. The dearest is reserved}]])
      chained(model, price_ceiling: :listed)
      expect(levels(:ProviderPrices)).to eq([:green])
    end

    it "is yellow without a price, unless one is configured" do
      rung = { model: "llama", endpoint: :groq }
      groq = ->(config) { config.endpoint :groq, base_url: "https://a.example", api_key: "k" }
      configure { |config| groq.call(config) && config.chain(:default, [rung]) }
      expect(found(:ProviderPrices)).to match([[:yellow,
                                                /llama has no known price: .*Set config.price; until then 0.25/]])
      configure do |config|
        config.price "llama", prompt: "0.000001", completion: "0.000002"
        config.chain :default, [rung]
      end
      expect(found(:ProviderPrices)).to match([[:green, %r{llama at groq: 1/2 USD per million tokens}]])
    end
  end

  describe "Window" do
    it "is yellow for a fallback that takes less, and red for params that ask for more than there is" do
      chained(model, "google/small", { model: "google/short", params: { max_tokens: 5_000 } })
      priced(model, context_length: 200_000)
      priced("google/small", context_length: 8_000)
      priced("google/short", context_length: 300_000, max_completion_tokens: 4_000)
      %w[google/small google/short].push(model).each { |name| gateway.model(name) }
      texts = [[:green, "#{model} takes 200000 tokens"],
               [:yellow, /small takes 8000 tokens, the first of its chain 200000\. A prompt that only the/],
               [:red, /short gives 4000 tokens at most, and its params ask for 5000/]]
      expect(found(:Window)).to match(texts)
    end

    it "goes by the window that the chain says" do
      chained({ model: model, context: 4_000 }, { model: "google/small", context: 3_000 })
      [model, "google/small"].each do |name|
        priced(name, context_length: 200_000)
        gateway.model(name)
      end
      texts = [[:green, "#{model} takes 4000 tokens"], [:yellow, /small takes 3000 tokens, the first.* 4000/]]
      expect(found(:Window)).to match(texts)
    end
  end

  describe "SupportedParameters" do
    def supporting(*names, params:, **more)
      chained({ model: "a/b", params: params }, **more)
      priced("a/b")
      gateway.model("a/b", supported_parameters: names)
      priced("c/d")
      gateway.model("c/d", supported_parameters: %w[temperature top_k tools max_tokens reasoning])
    end

    {
      { temperature: 1, "tools" => [] } => [:green, /takes the params of its chain/],
      { max_completion_tokens: 9 } => [:green, /takes/],
      { user: "7", provider: { sort: "price" }, top_k: nil } => [:green, /takes/],
      { top_k: 3, temperature: 1 } => [:yellow, %r{a/b does not take top_k, so OpenRouter drops it\. Remove}],
      { top_k: 3, reasoning: {} } => [:yellow, /does not take top_k, reasoning, so OpenRouter drops them/],
      { "top_k" => 3, provider: { require_parameters: true } } => [:red, /does not take top_k\. No provider is left/]
    }.each do |params, expected|
      it "is #{expected.first} for #{params}" do
        supporting("temperature", "tools", "max_tokens", params: params)
        expect(found(:SupportedParameters)).to match([expected])
      end
    end
  end

  describe "Vendors" do
    def served(by, **settings)
      by.each { |name, providers| providers.each { |provider| priced(name, provider: provider) } }
      chained(*by.keys, **settings)
    end

    it "is green where the providers differ" do
      served({ "anthropic/a" => %w[Anthropic Google], "google/b" => %w[Google] })
      expect(found(:Vendors)).to eq([[:green, "chain :default: Anthropic or Google; then Google"]])
    end

    it "is yellow where two names share one upstream, unless that is allowed" do
      shared = { "anthropic/a" => ["Amazon Bedrock"], "meta/b" => ["Amazon Bedrock"] }
      served(shared)
      expect(found(:Vendors)).to match([[:yellow,
                                         /all candidates are served by Amazon Bedrock alone\. Add a candidate/]])
      served({ **shared, "google/c" => ["Google"] })
      expect(found(:Vendors)).to match([[:yellow, /its first two candidates are served by Amazon Bedrock alone/]])
      served(shared, same_vendor: :allow)
      expect(found(:Vendors)).to match([[:green, /as allowed/]])
    end

    it "counts only the providers that params allow" do
      %w[Anthropic Google].each { |provider| priced("anthropic/a", provider: provider) }
      priced("google/b", provider: "Google")
      [{ only: ["google"] }, { "ignore" => ["Anthropic"] }].each do |provider|
        chained({ model: "anthropic/a", params: { provider: provider } }, "google/b")
        expect(found(:Vendors)).to match([[:yellow, /all candidates are served by Google alone/]])
      end
    end

    it "is as doubtful as the names where the providers are not known" do
      configure do |config|
        config.base_url = "http://127.0.0.1:1"
        config.chain :default, %w[anthropic/a anthropic/b]
      end
      expect(levels(:Vendors)).to eq([:yellow])
    end
  end
end
