# frozen_string_literal: true

require "timeout"
require "llm_router/notifications"

# Prices that make sums easy: a token of an answer is a hundredth of a dollar, a prompt is free.
RSpec.describe "A budget that reserves" do
  def budget
    @budget ||= Support::ReservingBudget.new
  end

  def prices(**dollars)
    dollars = { primary: "0.01", secondary: "0.01", floor: "0.001" }.merge(dollars)
    configure(price_ttl: nil) do |config|
      dollars.each do |name, completion|
        config.price Support.const_get(name.upcase), prompt: "0", completion: completion if completion
      end
      yield config if block_given?
    end
  end

  def operations(kind)
    budget.operations.select { |name,| name == kind }.map { |_, *rest| rest.first }
  end

  def events(name, &)
    payloads = []
    listener = ->(*, payload) { payloads << payload }
    ActiveSupport::Notifications.subscribed(listener, "#{name}.llm_router", &)
    payloads
  end

  describe "before an attempt" do
    it "reserves what the attempt can cost at most, anew for each model" do
      prices(secondary: "0.005")
      gateway.fail(Support::PRIMARY, status: 503)
      gateway.answer("Hi", Support::SECONDARY, cost_usd: "0.25")
      ask(max_tokens: 50)
      expect(budget.operations.map { |kind, usd,| [kind, usd&.to_s("F")] })
        .to eq([%w[reserve 0.5], %w[release], %w[reserve 0.25], %w[settle 0.25]].map { |k, *u| [k.to_sym, u.first] })
      expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal("0.25"), 0])
    end

    it "counts more tokens of the prompt than it can have, its limit, and its price per request" do
      configure(price_ttl: nil) do |config|
        config.price Support::PRIMARY, prompt: "0.000001", completion: "0.000002", request: "0.5"
      end
      gateway.answer("Hi")
      ask(max_completion_tokens: 1000)
      bytes = gateway.requests.last.raw_body.bytesize
      most = BigDecimal("0.502") + ((bytes + 1024) * BigDecimal("0.000001"))
      expect(operations(:reserve).first).to be_between(BigDecimal("0.502") + (bytes * BigDecimal("0.0000005")), most)
    end

    it "reserves config.reserve_usd where there is no price, no limit, or a prompt of unknown size" do
      prices(primary: nil) { |config| config.reserve_usd = "0.125" }
      gateway.answer("Hi", Support::SECONDARY)
      gateway.fail(Support::PRIMARY, status: 503)
      ask
      image = [{ type: "image_url", image_url: { url: "https://example.com/large.png" } }]
      router.call(messages: [{ role: "user", content: image }], max_tokens: 10)
      expect(operations(:reserve)).to eq([BigDecimal("0.125")] * 4)
    end

    it "takes a model's price from the chain first" do
      configure(price_ttl: nil)
      gateway.answer("Hi")
      rung = { model: Support::PRIMARY, price: { prompt: "0", completion: "0.05" }, params: { max_tokens: 2 } }
      LlmRouter.new(chain: [rung, Support::SECONDARY], budget: budget).call(messages: Support::MESSAGES, max_tokens: 9)
      expect(operations(:reserve)).to eq([BigDecimal("0.1")])
    end

    it "skips a model that is too dear, for one that is not" do
      prices
      gateway.answer("Hi", cost_usd: "0.01")
      answer = ask(max_tokens: 200)
      expect(answer.model).to eq(Support::FLOOR)
      expect(answer.hops.map { |hop| [hop.model, hop.reason, hop.attempted?] }).to eq(
        [[Support::PRIMARY, :too_expensive, false], [Support::SECONDARY, :too_expensive, false]]
      )
      expect(answer.hops.first.message).to include("it may cost 2.0 USD, and Support::ReservingBudget has 1 USD left")
      expect(log).to include("#{Support::PRIMARY} at openrouter skipped: not called: it may cost 2.0 USD")
      expect(models_called).to eq([Support::FLOOR])
    end

    it "reserves nothing again for what costs as much as what was refused, in a job or not" do
      prices
      gateway.answer("Hi", cost_usd: "0.01")
      amounts = []
      budget.define_singleton_method(:reserve!) do |usd, key:|
        amounts << usd
        super(usd, key: key)
      end
      ask(max_tokens: 200)
      LlmRouter::CurrentJob.with("a-job") { ask(max_tokens: 200) }
      expect(amounts).to eq([2, BigDecimal("0.2")] * 2)
    end

    it "ends with BudgetExceeded where none fits: what was needed, what is left" do
      prices
      error = failure_of { ask(max_tokens: 5000) }
      expect(error).to be_a(LlmRouter::BudgetExceeded).and have_attributes(needed_usd: 5, left_usd: 1)
      expect(error.message).to include("no model was called: 5 USD are needed, Support::ReservingBudget has 1 USD left")
      expect(reasons(error.hops)).to eq(%i[too_expensive] * 3)
      expect(gateway.requests).to be_empty
    end

    it "says so where it was config.reserve_usd that did not fit" do
      prices { |config| config.reserve_usd = 2 }
      expect { ask }.to raise_error(LlmRouter::BudgetExceeded, /2 USD are needed.*config.reserve_usd.*max_tokens/)
    end

    it "gives precedence to what came last: a dear fallback is a matter of money, a failure is not" do
      prices(floor: "9")
      gateway.fail(status: 503)
      expect(failure_of { ask(max_tokens: 50) }).to be_a(LlmRouter::BudgetExceeded)
      prices(primary: "9")
      expect(failure_of { ask(max_tokens: 50) }).to be_a(LlmRouter::ChainExhausted)
      expect(budget.reserved_usd).to eq(0)
    end

    it "has a key for each attempt, which is not that of another call" do
      prices
      gateway.answer("Hi")
      gateway.fail(Support::PRIMARY, status: 503)
      2.times { ask(max_tokens: 1) }
      keys = budget.operations.filter_map { |kind, _, key| key if kind == :reserve }
      expect(keys).to match([%r{/1\z}, %r{/2\z}, %r{/1\z}, %r{/2\z}])
      expect(keys.uniq.size).to eq(4)
    end
  end

  describe "after an attempt" do
    it "is charged in full what cost more than was reserved, and an event says by how much" do
      prices
      gateway.answer("Hi", cost_usd: "0.75")
      overruns = events("overrun") { ask(max_tokens: 50) }
      expect(budget.spent_usd).to eq(BigDecimal("0.75"))
      expect(overruns).to match([hash_including(
        reserved_usd: BigDecimal("0.5"), cost_usd: BigDecimal("0.75"), over_usd: BigDecimal("0.25"),
        "gen_ai.request.model": Support::PRIMARY, endpoint: "openrouter"
      )])
      expect(log).to include("cost 0.75 USD, 0.25 USD more than was reserved")
    end

    it "is charged for a failed attempt that cost something" do
      prices
      gateway.answer("Hi", cost_usd: "0.2")
      gateway.raw(Support::PRIMARY, body: '{"id":"g","choices":[],"usage":{"cost":0.1}}')
      ask(max_tokens: 50)
      expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal("0.3"), 0])
    end

    it "holds nothing after an answer from the cache, a refusal, or a request that cannot be sent" do
      prices
      gateway.raw(body: '{"choices":[{"message":{"content":"Hi"}}]}', headers: { "x-openrouter-cache-status" => "HIT" })
      ask(max_tokens: 50)
      gateway.fail(status: 400)
      expect { ask(max_tokens: 50) }.to raise_error(LlmRouter::RequestRejected)
      expect { ask(max_tokens: Object.new) }.to raise_error(ArgumentError)
      expect([budget.spent_usd, budget.reserved_usd]).to eq([0, 0])
    end

    it "is charged the estimate of an attempt that timed out after it was sent, or not, as configured", :slow do
      gateway.answer("Hi", cost_usd: "0.1")
      gateway.hang(Support::PRIMARY)
      { charge_estimate: "0.35", release: "0.45" }.each do |policy, spent|
        prices(primary: "0.005") do |config|
          config.on_uncertain = policy
          config.chain :default, [{ model: Support::PRIMARY, timeout: 1 }, *Support::CHAIN.drop(1)]
        end
        expect(reasons(ask(max_tokens: 50).hops)).to eq([:timeout])
        expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal(spent), 0]), policy.to_s
      end
      expect(log).to include("#{Support::PRIMARY} may have been billed: 0.25 USD stay reserved")
    end

    it "is charged nothing where the connection was refused" do
      prices { |config| config.base_url = "http://127.0.0.1:1" }
      expect { ask(max_tokens: 50) }.to raise_error(LlmRouter::ChainExhausted)
      expect([budget.spent_usd, budget.reserved_usd]).to eq([0, 0])
    end

    it "knows of an attempt that was interrupted on the wire", :slow do
      prices
      gateway.hang
      call = Thread.new { ask(max_tokens: 50) }
      gateway.await_requests(1)
      call.kill.join
      expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal("0.5"), 0])
      expect { Timeout.timeout(3) { ask(max_tokens: 50) } }.to raise_error(Timeout::Error)
      expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal("1.0"), 0])
    end

    it "settles one that broke, though an interrupt came before the settlement" do
      prices
      gateway.reset(Support::PRIMARY)
      interrupt = TracePoint.new(:call) do |point|
        next unless point.method_id == :uninterrupted && caller_locations.any? { |frame| frame.base_label == "hopped" }

        interrupt.disable
        raise IOError, "just now"
      end
      expect { interrupt.enable { ask(max_tokens: 50) } }.to raise_error(IOError, "just now")
      expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal("0.5"), 0])
    end

    it "survives a kill whose budget rescues something of its own" do
      prices
      gateway.hang
      def budget.settle!(*)
        Integer("none")
      rescue ArgumentError
        super
      end
      call = Thread.new { ask(max_tokens: 50) }
      gateway.await_requests(1)
      call.kill.join
      expect([call.status, budget.spent_usd, budget.reserved_usd]).to eq([false, BigDecimal("0.5"), 0])
    end

    it "keeps the attempt in ChargeFailed, so that the charge can be made good" do
      prices
      gateway.answer("Hi", cost_usd: "0.1")
      def budget.settle!(*) = raise(IOError, "gone")
      error = failure_of { ask(max_tokens: 50) }
      expect(error).to be_a(LlmRouter::ChargeFailed).and have_attributes(cost_usd: BigDecimal("0.1"))
      expect(error.attempt).to have_attributes(model: Support::PRIMARY, generation_id: error.response.generation_id)
    end
  end

  describe "and others that do not" do
    it "are checked and charged together" do
      prices
      gateway.answer("Hi", cost_usd: "0.1")
      plain = Support::ChargingBudget.new(cap: "0.2")
      both = LlmRouter.new(chain: :default, budget: [plain, budget])
      2.times { both.call(messages: Support::MESSAGES, max_tokens: 50) }
      expect(plain.charges.sum).to eq(budget.spent_usd).and eq(BigDecimal("0.2"))
      expect { both.call(messages: Support::MESSAGES, max_tokens: 50) }.to raise_error(LlmRouter::BudgetExceeded)
      expect(budget.reserved_usd).to eq(0)
    end

    it "are given an attempt where they take it, and another for each" do
      prices
      gateway.answer("Hi", cost_usd: "0.1")
      charged = []
      plain = Support::ChargingBudget.new
      plain.define_singleton_method(:charge!) { |_cost, attempt:| charged << attempt }
      2.times { LlmRouter.new(chain: :default, budget: plain).call(messages: Support::MESSAGES) }
      expect(charged.map(&:id).uniq.size).to eq(2)
      expect(charged).to all(have_attributes(model: Support::PRIMARY, generation_id: /\Agen-/, lease: nil))
    end
  end

  describe "and others that reserve" do
    it "settle together what may have been billed", :slow do
      prices
      gateway.hang
      reserving = Array.new(2) { Support::ReservingBudget.new }
      router = LlmRouter.new(chain: :default, budget: reserving, timeout: 1, deadline: 2)
      expect { router.call(messages: Support::MESSAGES, max_tokens: 30) }.to raise_error(LlmRouter::Error)
      expect(reserving.map(&:spent_usd)).to all(be >= BigDecimal("0.3"))
      expect(reserving.map(&:reserved_usd)).to eq([0, 0])
    end
  end

  describe "at OpenRouter's prices" do
    before { gateway.answer("Hi") }

    it "looks prices up once, and again when they are old" do
      gateway.price(Support::PRIMARY, prompt: "0", completion: "0.002")
      configure
      3.times { ask(max_tokens: 50) }
      expect(operations(:reserve)).to eq([BigDecimal("0.1")] * 3)
      expect(gateway.lookups).to eq(["/models/#{Support::PRIMARY}/endpoints"])
      configure(price_ttl: 0.000001)
      2.times { ask(max_tokens: 50) }
      expect(gateway.lookups.size).to be > 2
    end

    it "does without where they do not come, and says so once", :puma do
      configure
      down = LlmRouter::Testing::Gateway::Reply.error(status: 503, message: "down")
      allow(gateway.instance_variable_get(:@catalogue)).to receive(:reply) { |env|
                                                             down if env["REQUEST_METHOD"] == "GET"
                                                           }
      2.times { expect(ask(max_tokens: 50).content).to eq("Hi") }
      expect(operations(:reserve)).to eq([LlmRouter.config.reserve_usd] * 2)
      expect(log.scan("the prices of #{gateway.base_url} are not known").size).to eq(1)
    end

    it "refuses what is no price" do
      { { prompt: "1" } => /needs prompt: and completion:/, { prompt: 0.1, completion: "1" } => /0.1.*Float/,
        { prompt: "x", completion: "1" } => /"x"/, { prompt: "-1", completion: "1" } => /"-1"/ }.each do |price, why|
        expect { configure { |config| config.price "a/b", **price } }.to raise_error(LlmRouter::ConfigurationError, why)
      end
      expect { configure(reserve_usd: 0) }.to raise_error(LlmRouter::ConfigurationError, /reserve nothing/)
      expect { configure(on_uncertain: :forget) }.to raise_error(LlmRouter::ConfigurationError, /:charge_estimate/)
    end
  end
end
