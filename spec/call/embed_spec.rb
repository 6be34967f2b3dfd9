# frozen_string_literal: true

require "llm_router/testing"

# Embeddings, through a chain of one model at several endpoints.
RSpec.describe LlmRouter, "and embeddings" do
  small = "openai/text-embedding-3-small"
  bare = "text-embedding-3-small"

  let(:chain) { [small, { model: bare, endpoint: :openai }] }
  let(:router) { described_class.new(chain: :search, budget: budget) }
  let(:texts) { ["Where is my order?", "Refunds"] }

  def chained(**settings)
    configure(**settings) do |config|
      config.endpoint :openai, base_url: gateway.base_url, api_key: "test-key"
      config.chain :search, chain
    end
    router
  end

  def unsent(error, message, &)
    chained
    expect(&).to raise_error(error, message)
    expect(budget.checks).to eq(0)
    expect(gateway.requests).to be_empty
  end

  def vectors_of(*embeddings, usage: { prompt_tokens: 4, total_tokens: 4, cost: 0.25 })
    data = embeddings.each_with_index.map { |embedding, index| { index: index, embedding: embedding } }
    JSON.generate({ object: "list", model: "m", data: data, usage: usage }.compact)
  end

  it "posts the input to /embeddings, and charges what it cost" do
    gateway.embed(vectors: [[0.1, -0.2], [1, 0]], cost_usd: "0.00000016", model: "#{small}-v1",
                  usage: { prompt_tokens: 7 })
    found = chained.embed(input: texts, dimensions: 2, encoding_format: "float", input_type: "query")
    request = gateway.requests.first
    expect(request.path).to eq("/api/v1/embeddings")
    expect(request.body).to eq("model" => small, "input" => texts, "dimensions" => 2, "encoding_format" => "float",
                               "input_type" => "query")
    expect(found).to have_attributes(
      vectors: [[0.1, -0.2], [1.0, 0.0]], model: "#{small}-v1", requested_model: small, endpoint: "openrouter",
      provider: "Testing", cost_usd: BigDecimal("0.00000016"), cost_basis: :billed, hops: [], fallback?: false
    )
    expect(found.usage.to_a).to eq([7, 0, 8])
    expect([found.id, found.generation_id]).to all(start_with("gen-"))
    expect(budget.charges).to eq([BigDecimal("0.00000016")])
    expect(found.vectors.flatten).to all(be_a(Float))
    expect([found, found.vectors, *found.vectors]).to all(be_frozen)
  end

  it "takes one text, and sends it as it is" do
    gateway.embed(vectors: [[0.5]])
    expect(chained.embed(input: "Hi").vectors).to eq([[0.5]])
    expect(gateway.requests.first.input).to eq("Hi")
  end

  it "reads base64" do
    gateway.embed(vectors: [[0.5, -2]])
    expect(chained.embed(input: "Hi", encoding_format: :base64).vectors).to eq([[0.5, -2.0]])
    expect(gateway.requests.first.body["encoding_format"]).to eq("base64")
  end

  it "sorts by the index" do
    data = [{ index: 1, embedding: [2] }, { index: 0, embedding: [1] }]
    gateway.raw(body: JSON.generate(data: data, usage: { cost: 0 }))
    expect(chained.embed(input: texts).vectors).to eq([[1.0], [2.0]])
  end

  it "falls through to the same model at another endpoint, with hops" do
    gateway.fail(small, status: 503)
    gateway.embed(bare, cost_usd: "0.01")
    found = chained.embed(input: texts)
    expect(found).to have_attributes(fallback?: true, endpoint: "openai", requested_model: bare)
    expect(found.hops.map { |hop| [hop.model, hop.reason] }).to eq([[small, :unavailable]])
    expect(log).to include("#{small} at openrouter failed: unavailable (503)")
  end

  {
    "no data" => ["{}", /no list of vectors/],
    "empty data" => ['{"data":[],"usage":{"cost":0.25}}', /0 vectors for 2 texts/],
    "too few" => [->(spec) { spec.vectors_of([1]) }, /1 vectors for 2 texts/],
    "too many" => [->(spec) { spec.vectors_of([1], [2], [3]) }, /3 vectors for 2 texts/],
    "two lengths" => [->(spec) { spec.vectors_of([1], [2, 3]) }, /not all of one length: 1 and 2/],
    "an empty vector" => [->(spec) { spec.vectors_of([], []) }, /vector 0 .*neither a list of numbers nor base64/],
    "words" => [->(spec) { spec.vectors_of(%w[a], %w[b]) }, /vector 0 .*neither/],
    "half a float" => [->(spec) { spec.vectors_of("AAAA", "AAAA") }, /vector 0 .*neither/],
    "an index twice" => ['{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]}', /index is there twice/],
    "a completion" => ['{"choices":[{"message":{"content":"Hi"}}]}', /no list of vectors/],
    "an HTML page" => ["<html>", /is not the JSON that this API returns/]
  }.each do |what, (body, message)|
    it "takes #{what} for a bad answer, and goes on" do
      body = body.call(self) if body.respond_to?(:call)
      gateway.raw(small, body: body)
      gateway.embed(bare)
      hop = chained.embed(input: texts).hops.first
      expect(hop).to have_attributes(reason: :bad_answer, status: 200, message: message)
    end
  end

  it "goes on where an endpoint does not heed dimensions" do
    gateway.embed(small, vectors: [[1, 2, 3]])
    gateway.embed(bare, vectors: [[1, 2]])
    found = chained.embed(input: "Hi", dimensions: 2)
    expect(found.vectors).to eq([[1.0, 2.0]])
    expect(found.hops.first.message).to include("3 dimensions, not 2")
  end

  it "charges an answer that cannot be used, and one whose error is inside a 200 as that error" do
    gateway.raw(small, body: vectors_of([1]))
    gateway.fail_inside(bare, code: 429, message: "slow down")
    error = failure_of { chained.embed(input: texts) }
    expect(error).to be_a(LlmRouter::ChainExhausted)
    expect(reasons(error.hops)).to eq(%i[bad_answer rate_limited])
    expect(budget.charges).to eq([BigDecimal("0.25")])
  end

  it "stops at a request that is at fault" do
    gateway.fail(small, status: 400, message: "input is too long")
    expect { chained.embed(input: texts) }.to raise_error(LlmRouter::RequestRejected)
    expect(gateway.requests.size).to eq(1)
  end

  it "says what to do about an answer that is too large" do
    gateway.embed(dimensions: 10_000)
    error = failure_of { chained(max_answer_bytes: 20_000).embed(input: texts) }
    expect(error.hops.first.message).to include("max_answer_bytes").and include("embed fewer texts at once")
  end

  it "masks the texts in an endpoint's words" do
    gateway.fail(status: 503, message: "no vector for: Where is my order? (busy)")
    error = failure_of { chained.embed(input: texts) }
    expect(error.hops.first.message).to include("[FILTERED] (busy)")
  end

  context "with a budget that reserves" do
    let(:reserving) { Support::ReservingBudget.new(cap: "1") }
    let(:router) { described_class.new(chain: :search, budget: reserving) }
    let(:chain) { [{ model: small, price: { prompt: "0.00001", completion: "0" } }] }

    it "reserves for the bytes of the input and nothing for a completion" do
      gateway.embed(cost_usd: "0.0001")
      chained.embed(input: ["x" * 1000, "y"])
      (_, reserved), (_, settled) = reserving.operations
      expect(reserved).to be_between(BigDecimal("0.01001"), BigDecimal("0.012"))
      expect(settled).to eq(BigDecimal("0.0001"))
    end

    it "computes what an endpoint does not bill" do
      gateway.raw(body: vectors_of([1], usage: { prompt_tokens: 40 }))
      found = chained.embed(input: "Hi")
      expect(found).to have_attributes(cost_usd: BigDecimal("0.0004"), cost_basis: :computed)
    end
  end

  {
    "nil" => [nil, /\Ainput is a NilClass: give a text/], "a number" => [7, /\Ainput is a Integer/],
    "an empty text" => ["", /\Ainput is empty/], "an empty list" => [[], /\Ainput is an empty list/],
    "tokens" => [[1, 2], /\Ainput\[0\] is a Integer/],
    "an empty text among others" => [["Hi", ""], /\Ainput\[1\] is empty/],
    "a nested list" => [[["Hi"]], /\Ainput\[0\] is a Array/],
    "bad UTF-8" => [["a\xFF"], /\Ainput\[0\] .*not valid UTF-8/]
  }.each do |what, (input, message)|
    it "refuses #{what} before a budget or the network is used" do
      unsent(ArgumentError, message) { router.embed(input: input) }
    end
  end

  {
    { encoding_format: "int8" } => /encoding_format is "int8": give "float" or "base64"/,
    { dimensions: "3" } => /embed: dimensions is a String/, { dimensions: 0 } => /embed: dimensions is 0/,
    { messages: [] } => /messages cannot be given/, { accept: ->(found) { found } } => /accept is no parameter/,
    { timeout: 3 } => /timeout is no parameter/,
    { model: "a/b" } => /the chain names the models/, { dimension: 3 } => /did you mean dimensions/,
    { "encoding_format" => "ubinary" } => /encoding_format is "ubinary"/
  }.each do |options, message|
    it "refuses #{options}" do
      chained(unknown_options: :raise)
      expect { router.embed(input: "Hi", **options) }.to raise_error(ArgumentError, message)
      expect(gateway.requests).to be_empty
    end
  end

  {
    "of two models" => [[small, "openai/text-embedding-3-large"],
                        /chain :search cannot embed: .*text-embedding-3-small, text-embedding-3-large/],
    "with a variant" => [[small, "#{small}:free"], /cannot embed/],
    "with a system message" => [[{ model: small, system: "secret" }], /candidate 0 has system: or messages:/]
  }.each do |what, (candidates, message)|
    it "refuses a chain #{what} before a budget or the network is used" do
      chain.replace(candidates)
      unsent(LlmRouter::ConfigurationError, message) { router.embed(input: "Hi") }
      unsent(LlmRouter::ConfigurationError, message) { router.embed_all([{ input: "Hi" }]) }
    end
  end

  it "takes names that differ in what is before the last slash, and in capitals, without a doubt about such a chain" do
    others = %w[BGE-M3 @cf/baai/bge-m3 accounts/fireworks/models/bge-m3]
    chain.replace(["baai/bge-m3", *others.map { |name| { model: name, endpoint: :openai } }])
    gateway.embed
    expect(chained(same_vendor: :raise).embed(input: "Hi").vectors.size).to eq(1)
  end

  describe "#embed_all" do
    it "embeds each request, with its context, and charges each" do
      gateway.embed(cost_usd: "0.01")
      seen = []
      requests = texts.map { |text| { input: text, context: text, dimensions: 4, feature: "search" } }
      results = chained.embed_all(requests) { |request, result| seen << [request[:input], result.context] }
      expect(results.map { |result| [result.context, result.vectors.first.size] }).to eq(texts.map { |text| [text, 4] })
      expect(seen).to match_array(texts.zip(texts))
      expect(budget.charges).to eq([BigDecimal("0.01")] * 2)
      expect(gateway.requests.map(&:path).uniq).to eq(["/api/v1/embeddings"])
      expect(gateway.requests.first.body.keys).to contain_exactly("model", "input", "dimensions")
    end

    it "returns the error of each" do
      gateway.fail(status: 503)
      expect(chained.embed_all([{ input: "Hi" }])).to match([LlmRouter::ChainExhausted])
    end

    it "refuses a request that cannot be sent, with its index" do
      { { messages: [] } => /requests\[1\]: needs input/, { input: [] } => /requests\[1\]: input is an empty list/,
        { input: "Hi", messages: [] } => /requests\[1\]: messages cannot be given/,
        { input: "Hi", accept: ->(found) { found } } => /requests\[1\]: accept is no parameter/,
        { input: "a\xFF" } => /requests\[1\].*input.*not valid UTF-8/ }.each do |request, message|
        unsent(ArgumentError, message) { router.embed_all([{ input: "Hi" }, request]) }
      end
      unsent(ArgumentError, /requests: a Hash is no list/) { router.embed_all({ input: "Hi" }) }
    end
  end

  it "returns what can be dumped, compared and made into JSON, and shows no vector in inspect" do
    gateway.embed(cost_usd: "0.01")
    found = chained.embed(input: texts)
    expect(Marshal.load(Marshal.dump(found))).to eq(found)
    json = JSON.parse(found.to_json)
    expect(json).to include("vectors" => found.vectors, "cost_usd" => "0.01", "requested_model" => small)
    expect([found.inspect, found.to_s]).to all(match(/vectors=2 cost_usd="0.01"/))
  end

  it "is scripted in an app's tests" do
    chained
    LlmRouter.testing! { |testing| testing.embed(small, dimensions: 5) }
    first, second = Array.new(2) { router.embed(input: texts).vectors }
    expect(first).to eq(second)
    expect(first.map(&:size)).to eq([5, 5])
    expect { described_class.new(chain: ["x/y"], budget: budget).embed(input: "Hi") }
      .to raise_error(LlmRouter::Testing::UnstubbedCall, %r{gateway\.embed\("x/y"\)})
  ensure
    LlmRouter.testing_off!
  end
end
