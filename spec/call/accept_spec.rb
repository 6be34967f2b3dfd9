# frozen_string_literal: true

RSpec.describe LlmRouter, "accept:" do
  let(:long_enough) { ->(response) { response.content.size > 3 } }

  before do
    gateway.answer("Hello there", cost_usd: "0.001")
    gateway.answer("Hm", Support::PRIMARY, cost_usd: "0.002")
  end

  describe "an answer that is refused" do
    it "is charged, once, and the next candidate is tried" do
      draft = ask(accept: long_enough)
      expect([draft.content, draft.requested_model, draft.cost_usd]).to eq(["Hello there", Support::SECONDARY, 0.001r])
      expect(budget.charges).to eq([BigDecimal("0.002"), BigDecimal("0.001")])
      expect(models_called).to eq(Support::CHAIN.first(2))
    end

    it "is a hop with its cost" do
      gateway.answer("Hm", Support::PRIMARY, cost_usd: "0.002", id: "gen-1")
      hop = ask(accept: long_enough).hops.fetch(0)
      expect(hop.to_h).to include(model: Support::PRIMARY, vendor: "anthropic", endpoint: "openrouter",
                                  reason: :unacceptable, message: "accept returned false", generation_id: "gen-1",
                                  cost_usd: BigDecimal("0.002"), cost_basis: :billed, duration: be_positive)
      expect([hop.attempted?, hop.transient?]).to eq([true, false])
    end

    it "cools nothing: the model has answered" do
      configure(cooldown_after: 1)
      2.times { ask(accept: long_enough) }
      expect(models_called).to eq(Support::CHAIN.first(2) * 2)
      expect(described_class.health.map(&:state)).to eq(%i[up up])
    end

    it "is settled before accept runs, and counts under the cap" do
      configure(price_ttl: nil, reserve_usd: BigDecimal("0.5"))
      reserving = Support::ReservingBudget.new(cap: "0.501")
      seen = []
      accept = ->(response) { (seen << reserving.operations.dup) && long_enough.call(response) }
      error = failure_of { described_class.new(budget: reserving).call(messages: Support::MESSAGES, accept: accept) }
      expect(error).to be_a(LlmRouter::BudgetExceeded)
      expect(seen.map { |operations| operations.map(&:first) }).to eq([%i[reserve settle]])
      expect([reserving.spent_usd, reserving.reserved_usd]).to eq([BigDecimal("0.002"), 0])
      expect(error.responses.map(&:content)).to eq(["Hm"])
    end

    it "is published and logged, without the answer" do
      hops = []
      configure { |config| config.on_hop { |hop| hops << hop } }
      ask(accept: ->(response) { response.content != "Hm" || raise("two sentences are needed") })
      failed = /#{Support::PRIMARY}.*failed: unacceptable after .* s: two sentences are needed/
      expect(hops.map(&:to_s)).to match([failed])
      expect(log).to match(/WARN.*unacceptable.*two sentences are needed; next: #{Support::SECONDARY}$/)
      expect(log).not_to include("Hm")
    end
  end

  describe "a chain that ends without an answer that holds" do
    it "is Unacceptable, a ChainExhausted, with the refused answers in order" do
      error = failure_of { ask(accept: ->(_) { false }) }
      expect(error).to be_a(LlmRouter::Unacceptable).and be_a(LlmRouter::ChainExhausted)
      expect(error.responses.map(&:content)).to eq(["Hm", "Hello there", "Hello there"])
      expect(error.responses).to be_frozen
      expect(reasons(error.hops)).to eq(%i[unacceptable] * 3)
      expect([error.retry_after, budget.charges.sum]).to eq([nil, BigDecimal("0.004")])
      expect("#{error.message}#{error.inspect}#{error.to_h}#{log}").not_to match(/Hm|Hello/)
    end

    it "is Unacceptable if one answer was refused and the others failed, or were blank" do
      gateway.fail(Support::SECONDARY, status: 503)
      gateway.empty(Support::FLOOR, finish_reason: "length", cost_usd: "0.003")
      error = failure_of { ask(accept: long_enough) }
      expect(error).to be_a(LlmRouter::Unacceptable)
      expect(reasons(error.hops)).to eq(%i[unacceptable unavailable blank])
    end

    it "is Unacceptable no more where a later model rejects the request; its error has the answers too" do
      gateway.fail(Support::SECONDARY, status: 400)
      error = failure_of { ask(accept: long_enough) }
      expect(error).to be_a(LlmRouter::RequestRejected)
      expect(error.responses.map(&:content)).to eq(["Hm"])
    end

    it "is DeadlineExceeded, with the answers, once accept has used up the deadline", :slow do
      slow = ->(_) { sleep(3) && false }
      error = failure_of { router(deadline: 3).call(messages: Support::MESSAGES, accept: slow) }
      expect(error).to be_a(LlmRouter::DeadlineExceeded)
      expect(error.responses.map(&:content)).to eq(["Hm"])
      expect(gateway.requests.size).to eq(1)
    end
  end

  it "brings an answer whose acceptance ends after the deadline", :slow do
    draft = router(deadline: 3).call(messages: Support::MESSAGES, accept: ->(_) { sleep(3) })
    expect(draft.content).to eq("Hm")
  end

  it "runs on the calling thread, once for each answer, with the response that the call returns" do
    seen = []
    draft = ask(accept: ->(response) { seen << [Thread.current, response] })
    expect(seen).to eq([[Thread.current, draft]])
    expect(seen[0][1]).to be(draft)
  end

  it "does not run for an answer that could not be charged" do
    budget.define_singleton_method(:charge!) { |_| raise IOError }
    expect { ask(accept: ->(_) { raise "never" }) }.to raise_error(LlmRouter::ChargeFailed)
  end

  it "takes what can be called, and keeps any true value for true" do
    judge = Class.new { def call(response, *) = response.content == "Hello there" }
    expect(ask(accept: judge.new).content).to eq("Hello there")
    expect(ask(accept: judge.new.method(:call)).content).to eq("Hello there")
    expect(ask(accept: proc { |response, _| "#{response.content} is true" }).content).to eq("Hm")
    expect(ask(accept: :content.to_proc).content).to eq("Hm")
    expect(ask(accept: nil).content).to eq("Hm")
  end

  describe "an accept that raises" do
    # What the first hop says.
    def refused(&accept)
      first = true
      ask(accept: ->(response) { first ? (first = false) || accept.call(response) : true }).hops.fetch(0).message
    end

    # What this Ruby says, in the words of its version.
    def ruby_says
      yield
    rescue StandardError, SystemStackError => e
      e.message
    end

    it "refuses, with its message" do
      expect(refused { raise "too short" }).to eq("too short")
      expect(refused { Integer("x") }).to eq(ruby_says { Integer("x") })
      expect(refused { raise NotImplementedError }).to eq("NotImplementedError")
      expect(refused { raise ArgumentError, "  " }).to eq("ArgumentError")
      expect(refused { nil }).to eq("accept returned nil")
    end

    it "is quoted in one line of 300 characters, in UTF-8, without what the answer says" do
      secret = "Erika Mustermann, 47 years"
      gateway.answer(secret, Support::PRIMARY, reasoning: "She said that she is ill")
      words = refused { |response| raise "no JSON:\n#{response.content}\nat line 1" }
      expect(words).to eq("no JSON: [FILTERED] at line 1")
      expect(refused { |response| response.content.fetch(1) }).to include("fetch")
      expect(refused { |response| raise "because: #{response.reasoning}" }).to eq("because: [FILTERED]")
      expect(refused { raise "x" * 9999 }.size).to be <= 303
      expect(refused { raise "caf\xE9".dup.force_encoding("BINARY") }).to be_valid_encoding
      expect(log).not_to include("Erika")
    end

    it "does not quote a whole answer that is short" do
      [->(text) { case text; in Integer then true; end }, ->(text) { Integer(text) }].each do |judge|
        words = ruby_says { judge.call("Hm") }.gsub(/"?Hm"?/, "[FILTERED]")
        expect(refused { |response| judge.call(response.content) }).to eq(words).and include("[FILTERED]")
      end
      gateway.answer(" It's so \n", Support::PRIMARY)
      expect(refused { |response| { a: 1 }.fetch(response.content.strip) })
        .to eq(ruby_says { { a: 1 }.fetch("It's so") }.sub('"It\'s so"', "[FILTERED]")).and include("[FILTERED]")
      expect(refused { |response| raise "cannot read '#{response.content}'" }).to eq("cannot read [FILTERED]")
      gateway.answer("", Support::PRIMARY, tool_calls: [{ "id" => "1" }])
      expect(refused { raise %(no "" and '') }).to eq(%(no "" and ''))
    end

    it "refuses where it recurses too deeply, which is no interrupt" do
      deep = ->(text) { deep.call(text) + 1 }
      expect(refused { |response| deep.call(response.content) }).to eq(ruby_says { deep.call("") })
    end

    it "that has no message says its class" do
      odd = Class.new(StandardError) { def message = raise("odd") }
      stub_const("Odd", odd)
      expect(refused { raise odd }).to eq("Odd")
    end
  end

  it "is refused before anything is spent, if it cannot judge an answer" do
    {
      "short" => /accept: a String cannot judge an answer: give a lambda/,
      42 => /accept: a Integer cannot/,
      -> { true } => /accept: is called with the response, and takes something else: give it one parameter/,
      ->(_, _) { true } => /give it one parameter/,
      ->(_, strict:) { strict } => /give it one parameter/
    }.each do |accept, words|
      expect { ask(accept: accept) }.to raise_error(ArgumentError, words)
    end
    expect([budget.checks, gateway.requests]).to eq([0, []])
  end

  it "says where it belongs, in the parameters of a chain" do
    configure { |config| config.chain :default, [{ model: "a/b", params: { accept: true } }] }
  rescue LlmRouter::ConfigurationError => e
    expect(e.message).to include("give it to a call")
  else
    raise "expected an error"
  end
end
