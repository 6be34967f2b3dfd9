# frozen_string_literal: true

require "active_support"
require "active_support/cache"
require "active_support/json"
require "tmpdir"

RSpec.describe LlmRouter::Response, "kept" do
  tools = [{ "id" => "call-1", "type" => "function", "function" => { "name" => "f", "arguments" => '{"a":1.5}' } }]

  # What can be read of an answer.
  def all_of(response)
    readers = %i[id generation_id model requested_model endpoint provider content refusal reasoning finish_reason
                 native_finish_reason tool_calls usage cost_usd cost_basis hops fallback? raw inspect]
    readers.to_h { |reader| [reader, response.public_send(reader)] }
  end

  let(:draft) do
    gateway.fail(Support::PRIMARY, status: 503, message: "busy")
    gateway.answer("Héllo \"you\"", Support::SECONDARY, cost_usd: "0.00012749999999999998", reasoning: "Hm.",
                                                        tool_calls: tools)
    ask
  end

  it "loads the json library when an answer is first read as JSON, and not before" do
    gateway.answer("Hi")
    code = 'draft = ask; before = Object.const_defined?(:JSON); print before, draft.raw["model"], draft.to_json.class'
    expect(output_of_program(code)).to eq("false#{Support::PRIMARY}String")
  end

  it "is the same after Marshal, whether or not it was read before" do
    [false, true].each do |read|
      all_of(draft) if read
      kept = Marshal.load(Marshal.dump(draft))
      expect(all_of(kept)).to eq(all_of(draft))
      expect(kept).to eq(draft).and be_frozen
      expect([kept.hops, *kept.hops]).to all(be_frozen)
      expect(all_of(Marshal.load(Marshal.dump(kept)))).to eq(all_of(draft))
    end
  end

  it "is computed once for all who fetch it from a cache" do
    gateway.answer("Hello", cost_usd: "0.5")
    Dir.mktmpdir do |folder|
      [ActiveSupport::Cache::MemoryStore.new, ActiveSupport::Cache::FileStore.new(folder)].each do |cache|
        drafts = Array.new(2) { cache.fetch("draft") { ask } }
        expect(drafts).to all(have_attributes(content: "Hello", cost_usd: 0.5))
      end
    end
    expect(gateway.requests.size).to eq(2)
  end

  it "is JSON that says what was said, with money as decimal text" do
    json = JSON.parse(draft.to_json)
    expect(json).to include(
      "content" => "Héllo \"you\"", "reasoning" => "Hm.", "tool_calls" => tools, "model" => Support::SECONDARY,
      "requested_model" => Support::SECONDARY, "endpoint" => "openrouter", "provider" => "Testing", "fallback" => true,
      "finish_reason" => "tool_calls", "cost_usd" => "0.00012749999999999998", "cost_basis" => "billed",
      "usage" => { "prompt_tokens" => 12, "completion_tokens" => 8, "total_tokens" => 20 }
    )
    hop = { "model" => Support::PRIMARY, "reason" => "unavailable", "status" => 503, "message" => "busy" }
    expect(json["hops"]).to match([hash_including(hop)])
    expect(JSON.parse(JSON.generate([draft]))).to eq([json])
    expect(JSON.parse(ActiveSupport::JSON.encode(drafts: [draft]))).to eq("drafts" => [json])
    expect(JSON.parse([draft].to_json)).to eq([json])
    expect([draft.as_json, draft.as_json({})]).to eq([json, json])
    expect(draft.as_json(only: %i[content cost_usd]).keys).to contain_exactly("content", "cost_usd")
    expect(draft.as_json(except: "hops").keys).to eq(json.keys - ["hops"])
  end

  it "is JSON without Rails, too", :slow do
    gateway.answer("Hi there", cost_usd: "0.1")
    output = output_of(<<~'RUBY', gateway.base_url)
      require "llm_router"
      require "json"
      LlmRouter.configure { |config| config.base_url, config.api_key, config.logger = ARGV[0], "test-key", nil }
      draft = LlmRouter.new(chain: ["a/b"], budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }])
      kept = Marshal.load(Marshal.dump(draft))
      print JSON.generate([draft, kept, kept.to_json == draft.to_json, { draft: draft }.to_json == { draft: kept }.to_json])
    RUBY
    one, other, *same = JSON.parse(output)
    expect(one).to include("content" => "Hi there", "cost_usd" => "0.1").and eq(other)
    expect(same).to eq([true, true])
  end

  it "is equal to what says the same, and to nothing else" do
    gateway.answer("Hello", id: "gen-1", created: 1)
    one, two = Array.new(2) { ask }
    expect([one == two, one.eql?(two), one.hash == two.hash, { one => 1 }[two]]).to eq([true, true, true, 1])
    expect(one.dup).to eq(one)
    gateway.answer("Hello!", id: "gen-1", created: 1)
    expect([one == ask, one == "Hello", one == nil]).to eq([false, false, false]) # rubocop:disable Style/NilComparison
  end

  it "leaves out the context of call_all, which may be anything" do
    gateway.answer("Hello")
    result, = router.call_all([{ messages: Support::MESSAGES, context: -> {} }])
    expect(Marshal.load(Marshal.dump(result))).to have_attributes(content: "Hello", context: nil)
  end

  it "keeps what an error holds" do
    gateway.fail(status: 503, message: "busy")
    error = Marshal.load(Marshal.dump(failure_of { ask }))
    expect(error).to be_a(LlmRouter::ChainExhausted).and have_attributes(message: /503/)
    expect(error.hops.map(&:model)).to eq(Support::CHAIN)
    expect(error.hops).to all(be_frozen.and(have_attributes(message: "busy")))
    gateway.answer("Hello", cost_usd: "0.7")
    def budget.charge!(*) = raise(IOError, "gone")
    error = Marshal.load(Marshal.dump(failure_of { ask }))
    expect(error).to be_a(LlmRouter::ChargeFailed).and have_attributes(cost_usd: BigDecimal("0.7"))
    expect([error.response.content, error.attempt.model]).to eq(["Hello", Support::PRIMARY])
  end

  it "can be loaded where a member has come or gone since" do
    hop = LlmRouter::Hop.new(model: "a/b", reason: :timeout)
    changed = LlmRouter::Hop.allocate
    changed.marshal_load(hop.marshal_dump.except(:vendor).merge(weather: "fair"))
    expect(changed).to eq(hop)
  end
end
