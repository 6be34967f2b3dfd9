# frozen_string_literal: true

require "llm_router/testing"
require "socket"
require "uri"

RSpec.describe LlmRouter::Testing do
  # What must never be reached: the endpoints that the app has configured.
  let(:outside) { gateway.answer("From outside") }
  let(:testing) { LlmRouter.testing }

  before { configure(base_url: outside.base_url) }

  after do
    LlmRouter.testing_off!
    expect(outside.requests).to be_empty unless @left
  end

  def scripted
    LlmRouter.testing! do |gateway|
      gateway.answer("Hello", cost_usd: "0.0021")
      gateway.fail("anthropic/*", status: 503)
    end
  end

  def called(gateway = testing)
    gateway.requests.map(&:model)
  end

  # The errors of this gem may be swallowed by an app; this one may not.
  def unstubbed
    yield
  rescue StandardError => e
    raise "expected what no rescue of an app catches, not #{e.class}: #{e.message}"
  rescue LlmRouter::Testing::UnstubbedCall => e
    e
  else
    raise "expected an UnstubbedCall"
  end

  # A child's own view, as it printed it.
  def in_fork
    reader, writer = IO.pipe
    child = fork do
      writer.print(Marshal.dump(yield))
      exit!(0)
    end
    writer.close
    Marshal.load(reader.read).tap { Process.wait(child) } # rubocop:disable Security/MarshalLoad
  end

  describe "LlmRouter.testing!" do
    it "has its answers judged as a provider's" do
      LlmRouter.testing! { |gateway| gateway.answer("Hello") && gateway.answer("Hm", "anthropic/*") }
      expect(ask(accept: ->(response) { response.content == "Hello" }).hops.map(&:reason)).to eq([:unacceptable])
    end

    it "shares none of the cooldowns that it scripts" do
      store = Class.new { def read_multi(*) = {} }.new
      written = Queue.new
      store.define_singleton_method(:write) { |*, **| written << true }
      configure(base_url: outside.base_url, health_store: store)
      LlmRouter.testing! do |gateway|
        gateway.answer("Hello")
        gateway.fail(Support::PRIMARY, status: 503, retry_after: 60)
      end
      threads = Thread.list
      2.times { ask }
      expect((Thread.list - threads).map(&:name)).not_to include("llm_router health")
      expect(written).to be_empty
    end

    it "leads the app's own chain to the gateway: fallback, cost, budget and all" do
      scripted
      draft = ask
      expect(draft).to have_attributes(content: "Hello", model: Support::SECONDARY, endpoint: "openrouter")
      expect(reasons(draft.hops)).to eq([:unavailable])
      expect(budget.charges).to eq([BigDecimal("0.0021")])
      expect(called).to eq([Support::PRIMARY, Support::SECONDARY])
    end

    it "returns the gateway, which LlmRouter.testing is from then on" do
      expect(scripted).to be(testing).and be_a(LlmRouter::Testing::Gateway)
      expect(LlmRouter).to be_testing
    end

    it "keeps the app's logger, so that hops are seen where the app has its log" do
      scripted
      expect { ask }.not_to output.to_stderr
      expect(log).to include("#{Support::PRIMARY} at openrouter failed: unavailable (503)")
    end

    it "needs no key, for no endpoint" do
      scripted
      configure(base_url: "https://openrouter.ai/api/v1", api_key: nil) do |config|
        config.endpoint :groq, base_url: "https://api.groq.com/openai/v1"
        config.chain :default, [Support::PRIMARY, { model: "llama", endpoint: :groq }]
      end
      expect(ask.endpoint).to eq("groq")
      expect(called).to eq([Support::PRIMARY, "llama"])
    end

    it "keeps each candidate's own settings, and the app's name", :slow do
      scripted
      configure(base_url: outside.base_url, app_name: "Shop") do |config|
        config.endpoint :own, base_url: outside.base_url, api_key: false
        config.chain :default, [{ model: "a/slow", timeout: 1 }, { model: "b/own", endpoint: :own, params: { x: 1 } }]
      end
      testing.hang("a/*")
      expect(reasons(ask.hops)).to eq([:timeout])
      expect(testing.requests.last.body).to include("x" => 1)
      expect(testing.requests.map { |request| request.headers["x-openrouter-title"] }).to eq(["Shop", nil])
    end

    it "holds for routers made before, and for chains that were never named" do
      earlier = [router, LlmRouter.new(chain: %w[x/one y/two], budget: budget)]
      scripted
      earlier.each { |made| made.call(messages: Support::MESSAGES) }
      expect(called).to eq([Support::PRIMARY, Support::SECONDARY, "x/one"])
    end

    it "holds when the configuration is changed, or reset, afterwards" do
      scripted
      ask
      configure(base_url: outside.base_url, api_key: "another-key", timeout: 3)
      ask
      LlmRouter.reset_configuration!
      LlmRouter.new(chain: %w[x/one y/two], budget: budget).call(messages: Support::MESSAGES)
      expect(called.size).to eq(5)
    end

    it "leaves the configuration as it was" do
      before = LlmRouter.config
      scripted
      ask
      expect(LlmRouter.config).to be(before).and have_attributes(base_url: outside.base_url)
    end

    it "still has the doubts about a chain that are about its real endpoints" do
      scripted
      configure(base_url: outside.base_url) { |config| config.chain :one, %w[a/x a/y] }
      expect(log).to include("every candidate is a's, through openrouter")
    end

    it "starts with no script and no requests each time" do
      scripted
      ask
      LlmRouter.testing!
      expect(testing.requests).to be_empty
      expect(unstubbed { ask }.message).to include("scripted: nothing at all")
    end

    it "uses one gateway again and again" do
      addresses = Array.new(3) { LlmRouter.testing!.base_url }
      expect(addresses.uniq.size).to eq(1)
    end

    it "reports a faulty script where it is written" do
      expect { LlmRouter.testing! { |gateway| gateway.answer("Hi", cost_usd: 0.1) } }
        .to raise_error(ArgumentError, /decimal String/)
    end

    it "works on many threads at once" do
      scripted
      calls = Array.new(8) { Thread.new { LlmRouter.new(budget: budget).call(messages: Support::MESSAGES).content } }
      expect(calls.map(&:value).tally).to eq("Hello" => 8)
      expect(described_class.session.outcomes.size).to eq(8)
    end
  end

  describe "a budget that reserves" do
    let(:budget) { Support::ReservingBudget.new(cap: "0.005") }

    def reserved
      budget.operations.filter_map { |kind, usd,| usd.to_s("F") if kind == :reserve }
    end

    it "reserves what the next scripted answer costs, whatever is sent and wherever it goes" do
      configure(base_url: outside.base_url) do |config|
        config.endpoint :own, base_url: outside.base_url, api_key: false
        config.chain :default, [{ model: "own", endpoint: :own }, Support::PRIMARY]
      end
      LlmRouter.testing! { |gateway| gateway.answer("Hello", cost_usd: "0.0015") }
      image = [{ type: "image_url", image_url: { url: "https://example.com/large.png" } }]
      router.call(messages: [{ role: "user", content: image }], plugins: [{ id: "web" }])
      testing.answer("Cheaper", cost_usd: "0.0005", times: 1)
      2.times { ask }
      expect(reserved).to eq(%w[0.0015 0.0005 0.0015])
      expect(budget.spent_usd).to eq(testing.billed_usd)
      expect(testing.requests.flat_map { |request| request.body.keys }).not_to include("provider")
      expect(log).not_to include("without max_tokens")
    end

    it "refuses what costs more than is left, and says so" do
      LlmRouter.testing! { |gateway| gateway.answer("Hello", cost_usd: "0.002") }
      2.times { ask }
      expect { ask }.to raise_error(LlmRouter::BudgetExceeded, /0.002 USD are needed, .* has 0.001 USD left/)
    end

    it "refuses an answer that costs nothing where nothing is left" do
      LlmRouter.testing! { |gateway| gateway.answer("Hello") }
      ask
      budget.charge!(BigDecimal("0.005"))
      expect { ask }.to raise_error(LlmRouter::BudgetExceeded, /has 0 USD left/)
    end

    it "reserves as in production for an answer that does not say what it costs" do
      [{ cost_usd: nil }, { usage: nil }, { usage: { cost: "free" } }].each do |unbilled|
        LlmRouter.testing! { |gateway| gateway.answer("Hello", **unbilled) }
        expect { ask }.to raise_error(LlmRouter::BudgetExceeded, /0.25 USD are needed/), unbilled.inspect
      end
    end

    it "lets a model through that is scripted to fail or to hang, and so sees that" do
      LlmRouter.testing! do |gateway|
        gateway.answer("Hello", cost_usd: "0.002")
        gateway.fail("anthropic/*", status: 503)
        gateway.reset("google/*")
      end
      expect(reasons(ask.hops)).to eq(%i[unavailable connection])
    end

    it "reserves by a price where one is scripted, which the next test does not know" do
      LlmRouter.testing! do |gateway|
        gateway.answer("Hello", cost_usd: "0.002")
        gateway.price("*", prompt: "0", completion: "0.00001") # a model of that name, and no other
        gateway.price(Support::PRIMARY, prompt: "0", completion: "0.00001")
      end
      ask(max_tokens: 300)
      testing.price(Support::PRIMARY, prompt: "0", completion: "0.000005")
      ask(max_tokens: 300)
      LlmRouter.testing! { |gateway| gateway.answer("Hello", cost_usd: "0.001") }
      ask(max_tokens: 300)
      expect(reserved).to eq(%w[0.003 0.0015 0.001])
    end

    it "says that nothing is scripted, however small the cap" do
      LlmRouter.testing!
      poor = Support::ReservingBudget.new(cap: "0.01")
      router = LlmRouter.new(chain: :default, budget: poor)
      expect { router.call(messages: Support::MESSAGES) }.to raise_error(LlmRouter::Testing::UnstubbedCall)
    end

    it "leaves no scripted price behind" do
      @left = true
      LlmRouter.testing! do |gateway|
        gateway.answer("Hello")
        gateway.price(Support::PRIMARY, prompt: "0", completion: "0.00001")
      end
      ask(max_tokens: 300)
      LlmRouter.testing_off!
      outside.price(Support::PRIMARY, prompt: "0", completion: "0.000001")
      ask(max_tokens: 300)
      expect(reserved).to eq(%w[0.003 0.0003])
    end
  end

  describe "a call that nothing was scripted for" do
    it "names the model and how to script it, in an error that no rescue of the app swallows" do
      LlmRouter.testing!
      error = unstubbed { ask }
      expect(error.message).to include("nothing scripted for \"#{Support::PRIMARY}\"")
        .and include("gateway.answer(\"Hello\", \"#{Support::PRIMARY}\")")
        .and include("LlmRouter.testing is the gateway")
      expect(called).to eq([Support::PRIMARY])
    end

    it "names the candidate that was reached, too" do
      LlmRouter.testing! { |gateway| gateway.fail("anthropic/*", status: 503) }
      expect(unstubbed { ask }.message)
        .to include("nothing scripted for \"#{Support::SECONDARY}\"; scripted: \"anthropic/*\"")
    end

    it "is reported in full where the prompt has the same words" do
      LlmRouter.testing!
      messages = [{ role: "user", content: "nothing scripted for \"#{Support::PRIMARY}\"" }]
      error = unstubbed { router.call(messages: messages) }
      expect(error.message).to include("nothing scripted for \"#{Support::PRIMARY}\"")
    end

    it "is not mistaken for one that was scripted to be rejected" do
      LlmRouter.testing! { |gateway| gateway.fail(status: 422, message: "too long") }
      expect { ask }.to raise_error(LlmRouter::RequestRejected, /too long/)
      ["not JSON", "[]", "{\"error\":7}", ""].each do |body|
        LlmRouter.testing! { |gateway| gateway.fail(status: 422, body: body) }
        expect { ask }.to raise_error(LlmRouter::RequestRejected)
      end
    end
  end

  describe "LlmRouter.testing_off!" do
    it "leads calls to where they are configured to go, and leaves no gateway behind" do
      @left = true
      scripted
      ask
      port = URI(testing.base_url).port
      LlmRouter.testing_off!
      expect { TCPSocket.new("127.0.0.1", port) }.to raise_error(Errno::ECONNREFUSED)
      expect(ask.content).to eq("From outside")
      expect(LlmRouter).not_to be_testing
    end

    it "needs keys again" do
      LlmRouter.testing_off!
      configure(base_url: "https://openrouter.ai/api/v1", api_key: nil)
      expect { router }.to raise_error(LlmRouter::ConfigurationError, /no API key/)
    end

    it "leaves no gateway to be had" do
      scripted
      LlmRouter.testing_off!
      expect { LlmRouter.testing }.to raise_error(LlmRouter::ConfigurationError, /LlmRouter.testing!/)
    end
  end

  describe "in a fork" do
    it "has a gateway of its own, scripted by the block again" do
      scripted
      ask
      address, asked = in_fork { ask && [testing.base_url, called] }
      expect(address).not_to eq(testing.base_url)
      expect(asked).to eq([Support::PRIMARY, Support::SECONDARY])
      expect(called).to eq([Support::PRIMARY, Support::SECONDARY])
    end

    it "does not disturb its parent when it is done" do
      scripted
      child = fork do
        ask
        LlmRouter.testing_off!
        exit!(0)
      end
      Process.wait(child)
      expect(ask.content).to eq("Hello")
    end
  end

  describe "in a process of its own", :slow do
    def run(code)
      output_of(<<~RUBY, outside.base_url)
        require "llm_router"
        chain = %w[a/one b/two]
        LlmRouter.configure do |config|
          config.base_url = ARGV[0]
          config.logger = nil
          config.chain :default, chain
        end
        MESSAGES = [{ role: "user", content: "Hi" }]
        UNLIMITED = LlmRouter::Unlimited
        #{code}
      RUBY
    end

    it "knows the chains that were configured before it was required" do
      expect(run(<<~RUBY)).to eq("Hello")
        require "llm_router/testing"
        LlmRouter.testing! { |gateway| gateway.answer("Hello") }
        print LlmRouter.new(budget: UNLIMITED).call(messages: MESSAGES).content
      RUBY
    end

    it "holds for routers that were made before it was required" do
      expect(run(<<~RUBY)).to eq("HelloHello")
        routers = [LlmRouter.new(budget: UNLIMITED), LlmRouter.new(chain: %w[x/one y/two], budget: UNLIMITED)]
        require "llm_router/testing"
        LlmRouter.testing! { |gateway| gateway.answer("Hello") }
        routers.each { |router| print router.call(messages: MESSAGES).content }
      RUBY
    end

    it "starts no gateway before it is needed, loads no Rails, and stops at exit" do
      expect(run(<<~RUBY)).to eq("[nil, nil, nil]\n0\n")
        at_exit { puts Thread.list.size - 1 }
        require "llm_router/testing"
        p [defined?(Rails), defined?(ActiveSupport), defined?(Puma)]
        LlmRouter.testing! { |gateway| gateway.answer("Hello") }
        LlmRouter.new(budget: UNLIMITED).call(messages: MESSAGES)
      RUBY
    end

    it "serves tests that themselves run at exit, scripted as before" do
      expect(run(<<~RUBY)).to eq("Hello")
        require "llm_router/testing"
        at_exit { print LlmRouter.new(budget: UNLIMITED).call(messages: MESSAGES).content }
        LlmRouter.testing! { |gateway| gateway.answer("Hello") }
      RUBY
    end
  end
end
