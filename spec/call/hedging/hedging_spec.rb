# frozen_string_literal: true

require "llm_router/notifications"

RSpec.describe "A chain that hedges", :puma do
  include Hedging

  def counts
    LlmRouter.health.to_h { |health| [health.model, [health.attempts, health.successes]] }
  end

  it "calls the second model if the first has not answered by then, and takes the first answer" do
    gateway.hang("anthropic/*").answer("Hello", "google/*", cost_usd: "0.002")
    configure_hedged
    draft = ask
    expect([draft.content, draft.fallback?]).to eq(["Hello", true])
    expect(draft.hops.map { |hop| [hop.model, hop.reason, hop.attempted?] }).to eq([[Support::PRIMARY, :hedged, true]])
    expect(draft.hops.first.duration).to be >= 0.03
    expect(gateway.await_disconnect.model).to eq(Support::PRIMARY)
    expect(budget.charges).to eq([BigDecimal("0.002")])
  end

  it "takes the answer of the first model, and drops the second, if that is first" do
    answer_when("Hello", "anthropic/*", &both_called)
    gateway.hang("google/*")
    configure_hedged
    draft = ask
    expect([draft.content, draft.fallback?]).to eq(["Hello", false])
    expect(draft.hops.map { |hop| [hop.model, hop.reason] }).to eq([[Support::SECONDARY, :hedged]])
    expect(gateway.await_disconnect.model).to eq(Support::SECONDARY)
    expect(Marshal.load(Marshal.dump(draft))).to eq(draft).and have_attributes(fallback?: false)
  end

  it "logs, reports and publishes the hop, and both attempts" do
    gateway.hang("anthropic/*").answer("Hello", "google/*", cost_usd: "0.002")
    seen = []
    configure_hedged { |config| config.on_hop { |hop| seen << hop.reason } }
    attempts = []
    ActiveSupport::Notifications.subscribed(->(*, payload) { attempts << payload }, "attempt.llm_router") { ask }
    expect(log).to match(/#{Support::PRIMARY} at openrouter was dropped: hedged after \d+\.\d\d s/)
    expect(attempts.map { |attempt| attempt.values_at(:"gen_ai.request.model", :outcome, :reason) })
      .to eq([[Support::SECONDARY, :answered, nil], [Support::PRIMARY, :failed, :hedged]])
  end

  it "publishes both attempts of a call that is interrupted" do
    gateway.hang
    configure_hedged
    attempts = []
    ActiveSupport::Notifications.subscribed(->(*, payload) { attempts << payload }, "attempt.llm_router") do
      thread = Thread.new { ask }
      thread.report_on_exception = false
      gateway.await_requests(2)
      thread.raise(IOError, "stop")
      expect { thread.value }.to raise_error(IOError)
    end
    expect(attempts.map { |attempt| attempt[:"gen_ai.request.model"] }).to contain_exactly(*Support::CHAIN.first(2))
  end

  it "counts a dropped attempt neither as a failure nor as a success" do
    gateway.hang("anthropic/*").answer("Hello", "google/*")
    configure_hedged(cooldown_after: 1)
    ask
    expect(counts).to eq(Support::SECONDARY => [1, 1])
  end

  it "calls one model if that answers in time" do
    gateway.answer("Hello")
    configure_hedged(hedge: { after: 20 })
    expect(ask.hops).to be_empty
    expect(models_called).to eq([Support::PRIMARY])
  end

  it "goes on with the second, and calls no third meanwhile, if the first fails" do
    hopped = Queue.new
    fail_when("anthropic/*", 503, &both_called)
    answer_when("Hello", "google/*") { hopped.pop }
    configure_hedged { |config| config.on_hop { hopped << nil } }
    draft = ask
    expect([draft.content, reasons(draft.hops)]).to eq(["Hello", [:unavailable]])
    expect(models_called).to eq(Support::CHAIN.first(2))
  end

  it "goes on with the first if the second fails" do
    hopped = Queue.new
    answer_when("Hello", "anthropic/*") { hopped.pop }
    gateway.fail("google/*", status: 503)
    configure_hedged { |config| config.on_hop { hopped << nil } }
    draft = ask
    expect([draft.content, draft.hops.map(&:model)]).to eq(["Hello", [Support::SECONDARY]])
  end

  it "waits for the first if the answer of the second is refused" do
    hopped = Queue.new
    answer_when("a long answer", "anthropic/*") { hopped.pop }
    gateway.answer("short", "google/*", cost_usd: "0.001")
    configure_hedged { |config| config.on_hop { hopped << nil } }
    draft = ask(accept: ->(response) { response.content.size > 5 })
    expect([draft.content, reasons(draft.hops)]).to eq(["a long answer", [:unacceptable]])
    expect(budget.charges).to contain_exactly(BigDecimal("0.001"), BigDecimal("0.002"))
  end

  it "drops the other once an answer is accepted" do
    gateway.hang("anthropic/*").answer("Hello", "google/*", cost_usd: "0.002")
    configure_hedged
    expect(reasons(ask(accept: ->(response) { response.content == "Hello" }).hops)).to eq([:hedged])
    expect(budget.charges).to eq([BigDecimal("0.002")])
  end

  it "goes on along the chain, by the ordinary loop, once both have failed" do
    fail_when("anthropic/*", 503, &both_called)
    gateway.fail("google/*", status: 502).answer("Hello", "meta-llama/*")
    configure_hedged
    draft = ask
    expect(draft.content).to eq("Hello")
    expect(draft.hops.map { |hop| [hop.model, hop.status] })
      .to contain_exactly([Support::PRIMARY, 503], [Support::SECONDARY, 502])
  end

  it "raises for the model that rejected the request, though another ended after it" do
    hopped = Queue.new
    fail_when("anthropic/*", 400, &both_called)
    fail_when("google/*", 503) { hopped.pop }
    configure_hedged { |config| config.on_hop { hopped << nil } }
    error = failure_of { ask }
    expect(error).to be_a(LlmRouter::RequestRejected).and have_attributes(model: Support::PRIMARY, status: 400)
    expect(reasons(error.hops)).to eq(%i[rejected unavailable])
    expect(models_called).to eq(Support::CHAIN.first(2))
  end

  it "names the model that the prompt is too long for, though another ended after it" do
    hopped = Queue.new
    fail_when("anthropic/*", 400, "maximum context length is 10 tokens", &both_called)
    fail_when("google/*", 503) { hopped.pop }
    configure_hedged { |config| config.on_hop { hopped << nil } }
    error = failure_of { ask }
    expect(error).to have_attributes(class: LlmRouter::RequestRejected, model: Support::PRIMARY, status: 400)
    expect(error.message).to include("too long for #{Support::PRIMARY}")
  end

  it "ends at the deadline, with both in flight", :slow do
    gateway.hang
    configure_hedged(Support::CHAIN.first(2))
    error = failure_of { router(deadline: 1.5).call(messages: Support::MESSAGES) }
    expect(error).to be_a(LlmRouter::ChainExhausted)
    expect(reasons(error.hops)).to eq(%i[timeout timeout])
    2.times { gateway.await_disconnect }
  end

  it "passes over a model that cools down, and does not hedge if there is no other" do
    gateway.fail("google/*", status: 503, times: 1)
    configure_hedged(cooldown_after: 1)
    failure_of { LlmRouter.new(chain: [Support::SECONDARY], budget: budget).call(messages: Support::MESSAGES) }
    gateway.hang("anthropic/*").answer("Hello", "meta-llama/*")
    expect(reasons(ask.hops)).to eq(%i[cooling_down hedged])
    configure_hedged(Support::CHAIN.first(2), cooldown_after: 1)
    gateway.answer("Hi", "anthropic/*", delay: 0.1)
    expect(reasons(ask.hops)).to be_empty
  end

  it "hedges a share of the calls, and the first", :slow do
    gateway.answer("late", "anthropic/*", delay: 0.1).answer("Hello", "google/*")
    configure_hedged(hedge: { after: 0.001, share: 0.1 })
    hedged = Array.new(22) { ask.hops.any? }
    expect(hedged.each_index.select { |index| hedged[index] }).to eq([0, 10, 20])
  end

  it "hedges after the 95th percentile of the model's answers, once there are twenty" do
    gateway.answer("Hello")
    configure_hedged(hedge: { after: :p95, share: 1 })
    expect(Array.new(20) { ask.hops }).to all(be_empty)
    gateway.hang("anthropic/*")
    expect(reasons(ask.hops)).to eq([:hedged])
  end

  it "does not hedge the calls of call_all and embed_all, and says so once" do
    gateway.answer("Hello", "anthropic/*", delay: 0.1).embed("a/b", delay: 0.1)
    configure_hedged(hedge: { after: 0.001, share: 1 }) do |config|
      config.endpoint :other, base_url: gateway.base_url, api_key: "test-key"
      config.chain :search, ["a/b", { model: "a/b", endpoint: :other }], hedge: { after: 0.001, share: 1 }
    end
    search = LlmRouter.new(chain: :search, budget: LlmRouter::Unlimited)
    results = Array.new(2) { router.call_all([{ messages: Support::MESSAGES }]) + search.embed_all([{ input: "Hi" }]) }
    expect(results.flatten.map(&:hops)).to all(be_empty)
    expect(log.scan(/chain :\w+ hedges, but call_all and embed_all do not/))
      .to eq(["chain :default hedges, but call_all and embed_all do not",
              "chain :search hedges, but call_all and embed_all do not"])
  end

  it "is no key of a candidate, nor of a router with a chain of its own" do
    hedge = { after: 8 }
    expect { router.class.new(chain: [{ model: "a/b", hedge: hedge }, "c/d"], budget: budget) }
      .to raise_error(LlmRouter::ConfigurationError, /candidate 0 has :hedge: it takes/)
    expect { router.class.new(chain: %w[a/b c/d], hedge: hedge, budget: budget) }
      .to raise_error(ArgumentError, "unknown keyword: :hedge")
  end

  it "hedges embeddings, too" do
    gateway.hang("a/b").embed("c/b", cost_usd: "0.002")
    configure_hedged(["a/b", { model: "c/b", endpoint: :other }]) do |config|
      config.endpoint :other, base_url: gateway.base_url, api_key: "test-key"
    end
    found = router.embed(input: "Hi")
    expect([found.endpoint, found.fallback?, reasons(found.hops)]).to eq(["other", true, [:hedged]])
  end

  it "hedges in a fiber, too" do
    gateway.hang("anthropic/*").answer("Hello", "google/*")
    configure_hedged
    drafts = []
    Support::PlainScheduler.run { drafts << ask }
    expect(drafts.map { |draft| reasons(draft.hops) }).to eq([[:hedged]])
  end

  [[{}, "give { after: 8 }"], [{ after: 0 }, "after in hedge of chain :default is 0"], ["8", "give { after: 8 }"],
   [false, "give { after: 8 }"], [{ 1 => 2 }, "give { after: 8 }"],
   [{ after: 8, share: Complex(1, 2) }, "share in hedge of chain :default is (1+2i)"],
   [{ after: 8, share: 2 }, "share in hedge of chain :default is 2"], [{ after: 8, parts: 3 }, "give { after: 8 }"],
   [{ after: :p99 }, "after in hedge of chain :default is :p99"]].each do |hedge, message|
    it "is refused with hedge: #{hedge.inspect}" do
      expect { configure_hedged(hedge: hedge) }
        .to raise_error(LlmRouter::ConfigurationError, /#{Regexp.escape(message)}/)
    end
  end

  it "needs a second candidate" do
    expect { configure_hedged([Support::PRIMARY]) }
      .to raise_error(LlmRouter::ConfigurationError, "hedge of chain :default needs a second candidate, which it calls")
  end
end
