# frozen_string_literal: true

require "json"
require "llm_router/notifications"

RSpec.describe "A price at OpenRouter" do
  def budget
    @budget ||= Support::ReservingBudget.new(cap: "100")
  end

  def reserved
    budget.operations.select { |kind,| kind == :reserve }.map { |_, usd,| usd }
  end

  def max_price
    gateway.requests.last.body.dig("provider", "max_price")
  end

  # Two providers of one model, the second fifteen times as dear; a prompt is free, so that sums are easy.
  def two_providers(model = Support::PRIMARY)
    gateway.price(model, prompt: "0", completion: "0.000002", provider: "Cheap")
    gateway.price(model, prompt: "0", completion: "0.00003", provider: "Dear")
  end

  describe "is that of the dearest provider" do
    before { gateway.answer("Hi") }

    it "is reserved, and what the attempt may be billed at most" do
      gateway.price(Support::PRIMARY, prompt: "0.000001", completion: "0.000002", provider: "Cheap")
      gateway.price(Support::PRIMARY, prompt: "0.0000005", completion: "0.00003", request: "0.25", provider: "Dear")
      configure
      ask(max_tokens: 1000)
      expect(max_price).to eq("prompt" => 1, "completion" => 30, "request" => 0.25)
      expect(reserved.first).to be_between(BigDecimal("0.28"), BigDecimal("0.285"))
      expect(gateway.lookups).to eq(["/models/#{Support::PRIMARY}/endpoints"])
    end

    it "is exact: no digit is lost" do
      gateway.price(Support::PRIMARY, prompt: "0.00000012345678901234567", completion: "0.1e-6", request: "0.1")
      configure
      ask(max_tokens: 1)
      expect(gateway.requests.last.raw_body)
        .to include('"max_price":{"prompt":0.12345678901234567,"completion":0.1,"request":0.1}')
    end

    it "is merged with what the caller says of providers, of which the stricter limits hold" do
      two_providers
      configure do |config|
        config.chain :own, [{ model: Support::PRIMARY, params: { provider: { "zdr" => true } } }, Support::SECONDARY]
      end
      caller = { sort: "price", only: ["Dear"], max_price: { completion: "7.5", prompt: 3, audio: 1 } }
      ask(max_tokens: 10, provider: caller)
      expect(gateway.requests.last.body["provider"]).to eq(
        "sort" => "price", "only" => ["Dear"],
        "max_price" => { "audio" => 1, "prompt" => 0, "completion" => "7.5", "request" => 0 }
      )
      ask(max_tokens: 10, provider: { max_price: { completion: 31 } })
      expect(max_price["completion"]).to eq(30)
      LlmRouter.new(chain: :own, budget: budget).call(messages: Support::MESSAGES, max_tokens: 10)
      expect(gateway.requests.last.body["provider"])
        .to include("zdr" => true, "max_price" => include("completion" => 30))
    end

    it "is what is configured, where it is; and another gateway is sent none" do
      two_providers
      rung = { model: "llama", endpoint: :groq, price: { prompt: "0", completion: "0.00001" } }
      configure do |config|
        config.price Support::PRIMARY, prompt: "0.000001", completion: "0.000015"
        config.endpoint :groq, base_url: gateway.base_url, api_key: "test-key"
        config.chain :groq, [rung, Support::PRIMARY]
      end
      ask(max_tokens: 10)
      expect(max_price).to eq("prompt" => 1, "completion" => 15, "request" => 0)
      LlmRouter.new(chain: :groq, budget: budget).call(messages: Support::MESSAGES, max_tokens: 10)
      expect(gateway.requests.last.body.keys).to eq(%w[model messages max_tokens])
      expect(gateway.lookups).to be_empty
    end

    it "is not looked up, nor sent, for a budget that does not reserve" do
      two_providers
      configure
      LlmRouter.new(budget: Support::ChargingBudget.new).call(messages: Support::MESSAGES, max_tokens: 10)
      LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES, max_tokens: 10)
      expect(gateway.lookups).to be_empty
      expect(gateway.requests.map { |request| request.body.key?("provider") }).to eq([false, false])
    end

    it "is that of /models with config.price_ceiling = :listed, or where providers cannot be read", :puma do
      two_providers
      configure(price_ceiling: :listed)
      ask(max_tokens: 1000)
      expect([reserved, max_price["completion"]]).to eq([[BigDecimal("0.002")], 2])
      expect(gateway.lookups).to eq(["/models"])
      LlmRouter.reset_configuration!
      configure
      unreadable = LlmRouter::Testing::Gateway::Reply.json(status: 200, fields: { data: [] })
      answer = gateway.instance_variable_get(:@catalogue).method(:reply)
      allow(gateway.instance_variable_get(:@catalogue)).to receive(:reply) do |env, root|
        env["PATH_INFO"].end_with?("/endpoints") ? unreadable : answer.call(env, root)
      end
      ask(max_tokens: 1000)
      expect([reserved.last, max_price["completion"]]).to eq([BigDecimal("0.002"), 2])
      expect(log).to include("the prices of #{Support::PRIMARY}'s providers are not known")
    end

    it "refuses another ceiling" do
      expect { configure(price_ceiling: :cheapest) }.to raise_error(LlmRouter::ConfigurationError, /:dearest.*:listed/)
    end

    it "is looked up once for each model, however many calls want it, and by an escaped name" do
      models = ["a/b c?d", "a/b:free", "a/b:floor", "a/b"]
      models.first(2).each { |model| two_providers(model) }
      gateway.price("a/b", prompt: "0", completion: "0.000001")
      configure
      budget
      Array.new(8) do |number|
        Thread.new do
          chained = LlmRouter.new(chain: [models[number % 4], "x/y"], budget: budget)
          chained.call(messages: Support::MESSAGES, max_tokens: 1)
        end
      end.each(&:join)
      expect(gateway.lookups).to match_array(%w[/models/a/b%20c%3Fd/endpoints /models/a/b:free/endpoints
                                                /models/a/b/endpoints])
      expect(reserved.tally).to eq(BigDecimal("0.00003") => 4, BigDecimal("0.000001") => 4)
    end

    it "is sent with each call of a batch" do
      two_providers
      configure
      requests = Array.new(3) { { messages: Support::MESSAGES, max_tokens: 10 } }
      LlmRouter.new(budget: budget).call_all(requests)
      sent = gateway.requests.map { |request| request.body.dig("provider", "max_price", "completion") }
      expect(sent).to eq([30] * 3)
      expect(gateway.lookups.size).to eq(1)
    end

    it "is waited for twice at most, and then providers are left alone for a while" do
      looked_up = []
      endpoint = Struct.new(:name, :base_url).new(:openrouter, "https://example.com")
      endpoint.define_singleton_method(:provider_prices) do |model, _|
        looked_up << model
        raise LlmRouter::LookupFailed::Unreachable, "no whole answer in time"
      end
      endpoint.define_singleton_method(:prices) do |_|
        looked_up << :all
        raise LlmRouter::LookupFailed::Unreachable, "no whole answer in time"
      end
      configure
      prices = LlmRouter::Prices.new
      found = %w[a/b c/d a/b e/f].map { |model| prices.find(endpoint, model, LlmRouter.config) }
      expect([found, looked_up]).to eq([[nil] * 4, ["a/b", :all]])
    end

    it "is looked up again after no provider served the model at it, but not at once" do
      two_providers
      gateway.fail(Support::PRIMARY, status: 404, metadata: { constraint: { field: "max_price" } })
      configure(price_ttl: 3600)
      2.times { ask(max_tokens: 1) }
      expect(gateway.lookups.tally["/models/#{Support::PRIMARY}/endpoints"]).to eq(1)
      later = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 61
      allow(Process).to receive(:clock_gettime).and_call_original
      allow(Process).to receive(:clock_gettime).with(Process::CLOCK_MONOTONIC).and_return(later)
      ask(max_tokens: 1)
      expect(gateway.lookups.tally["/models/#{Support::PRIMARY}/endpoints"]).to eq(2)
    end
  end

  describe "of a dearer service" do
    before do
      gateway.answer("Hi")
      two_providers
    end

    def reserved_for(model = Support::PRIMARY, **options)
      chained = LlmRouter.new(chain: [model, "x/y"], budget: budget)
      chained.call(messages: Support::MESSAGES, max_tokens: 1000, **options)
      [reserved.last, max_price && max_price["completion"]]
    end

    it "is config.reserve_usd where no price is known" do
      configure
      unknown = [LlmRouter.config.reserve_usd, nil]
      %w[priority fast ultrafast scale].each { |tier| expect(reserved_for(service_tier: tier)).to eq(unknown), tier }
      expect(reserved_for("#{Support::PRIMARY}:nitro")).to eq(unknown)
      expect(reserved_for(plugins: [{ id: "web" }])).to eq(unknown)
      expect(reserved_for("#{Support::PRIMARY}:online")).to eq(unknown)
      expect(reserved_for(modalities: %w[image text])).to eq(unknown)
    end

    it "is that of the dearest provider that sells it" do
      gateway.price(Support::PRIMARY, prompt: "0", completion: "0.00006", provider: "Fast", service_tier: "priority")
      configure
      [{ service_tier: "priority" }, { service_tier: "fast" }, { speed: "fast" }].each do |options|
        expect(reserved_for(**options)).to eq([BigDecimal("0.06"), 60]), options.inspect
      end
      expect(reserved_for("#{Support::PRIMARY}:nitro")).to eq([BigDecimal("0.06"), 60])
      expect(reserved_for("#{Support::PRIMARY}:nitro", plugins: [])).to eq([BigDecimal("0.06"), 60])
    end

    it "is the standard price for one that is cheaper" do
      configure
      [{}, { service_tier: "flex" }, { service_tier: "default" }, { service_tier: nil }].each do |options|
        expect(reserved_for(**options)).to eq([BigDecimal("0.03"), 30]), options.inspect
      end
      expect(reserved_for("#{Support::PRIMARY}:floor")).to eq([BigDecimal("0.03"), 30])
    end

    it "is the one that the chain names for its own tier, and no other one that is configured" do
      configure do |config|
        config.price Support::SECONDARY, prompt: "0", completion: "0.00001"
        config.price "#{Support::SECONDARY}:nitro", prompt: "0", completion: "0.00002"
      end
      price = { prompt: "0", completion: "0.00009" }
      rung = { model: Support::PRIMARY, price: price, params: { service_tier: "priority" } }
      expect(reserved_for(rung)).to eq([BigDecimal("0.09"), 90])
      expect(reserved_for(Support::SECONDARY)).to eq([BigDecimal("0.01"), 10])
      expect(reserved_for("#{Support::SECONDARY}:nitro")).to eq([BigDecimal("0.02"), 20])
      expect(reserved_for(Support::SECONDARY, service_tier: "priority").first).to eq(LlmRouter.config.reserve_usd)
    end
  end

  describe "without max_tokens" do
    before { gateway.answer("Hi") }

    it "is for as many tokens as the model answers with at most, and the log says so once for each chain" do
      gateway.price(Support::PRIMARY, prompt: "0", completion: "0.00001", max_completion_tokens: 5000)
      gateway.price(Support::SECONDARY, prompt: "0", completion: "0.00001")
      configure { |config| config.chain :other, [Support::SECONDARY, Support::FLOOR] }
      2.times { ask }
      ask(n: 3)
      2.times { LlmRouter.new(chain: :other, budget: budget).call(messages: Support::MESSAGES) }
      expect(reserved.map { |usd| usd.to_s("F") }).to eq(%w[0.05 0.05 0.15 0.25 0.25])
      lines = log.scan(/chain :\w+: a call without max_tokens reserves \S+ USD/)
      expect(lines).to eq(["chain :default: a call without max_tokens reserves 0.05 USD",
                           "chain :other: a call without max_tokens reserves 0.25 USD"])
    end

    it "takes a limit beside a configured price, and else the one at OpenRouter" do
      gateway.price(Support::SECONDARY, prompt: "0", completion: "0.5", max_completion_tokens: 300)
      configure do |config|
        config.price Support::PRIMARY, prompt: "0", completion: "0.001", max_completion_tokens: 200
        config.price Support::SECONDARY, prompt: "0", completion: "0.001"
        config.chain :second, [Support::SECONDARY, Support::PRIMARY]
      end
      ask
      LlmRouter.new(chain: :second, budget: budget).call(messages: Support::MESSAGES)
      expect(reserved.map { |usd| usd.to_s("F") }).to eq(%w[0.2 0.3])
      expect(max_price["completion"]).to eq(1000)
    end

    it "is config.reserve_usd where no price is known either, which the log says" do
      gateway.answer("Hi", cost_usd: nil)
      configure
      2.times { ask }
      expect(log.scan("a call without max_tokens reserves 0.25 USD (config.reserve_usd, without a price)").size)
        .to eq(1)
    end

    it "says nothing where max_tokens is given, in the call or in the chain" do
      two_providers
      configure do |config|
        config.chain :limited, [{ model: Support::PRIMARY, params: { max_tokens: 10 } }, Support::SECONDARY]
      end
      ask(max_tokens: 10)
      LlmRouter.new(chain: :limited, budget: budget).call(messages: Support::MESSAGES)
      expect(log).not_to include("without max_tokens")
    end
  end

  # Whatever it may bill, it bills: the whole completion, at the price of the dearest provider that the request admits.
  def greedy_gateway(providers)
    gateway.respond do |request|
      admitted = providers.select { |usd| BigDecimal(usd) <= most_per_token(request) }
      if admitted.any?
        cost = BigDecimal(admitted.max_by { |usd| BigDecimal(usd) }) * request.body.fetch("max_tokens")
        usage = "{\"prompt_tokens\":1,\"completion_tokens\":1,\"cost\":#{cost.to_s('F')}}"
        [200, {}, "{\"id\":\"gen\",\"choices\":[{\"message\":{\"content\":\"Hi\"}}],\"usage\":#{usage}}"]
      else
        constraint = { error_type: "constraint_filtered", constraint: { field: "max_price" } }
        [404, {}, JSON.generate(error: { code: 404, message: "none left", metadata: constraint })]
      end
    end
  end

  def most_per_token(request)
    limit = JSON.parse(request.raw_body, decimal_class: BigDecimal).dig("provider", "max_price", "completion")
    limit ? BigDecimal(limit.to_s) / 1_000_000 : BigDecimal("Infinity")
  end

  it "is never exceeded by the bill, though providers differ fifteenfold and many call at once" do
    providers = %w[0.00002 0.00007 0.0003]
    %i[dearest listed].each do |ceiling|
      LlmRouter.reset_configuration!
      gateway.reset!
      providers.each { |usd| gateway.price(Support::PRIMARY, prompt: "0", completion: usd, provider: usd) }
      greedy_gateway(providers)
      configure(price_ceiling: ceiling) { |config| config.chain :default, [Support::PRIMARY] }
      reserving = Support::ReservingBudget.new(cap: "0.5")
      overruns = []
      listener = ->(*, payload) { overruns << payload }
      ActiveSupport::Notifications.subscribed(listener, "overrun.llm_router") do
        Array.new(8) do
          Thread.new do
            5.times { LlmRouter.new(budget: reserving).call(messages: Support::MESSAGES, max_tokens: 100) }
          rescue LlmRouter::BudgetExceeded
            nil
          end
        end.each(&:join)
      end
      expect(overruns).to be_empty
      expect(reserving.spent_usd).to be <= BigDecimal("0.5")
      expect(reserving.spent_usd).to eq(ceiling == :dearest ? BigDecimal("0.48") : BigDecimal("0.08"))
    end
  end

  it "takes a model that no provider serves at max_price for too expensive, and calls the next" do
    constraint = { error_type: "constraint_filtered", constraint: { field: "max_price" } }
    gateway.answer("Hi")
    gateway.fail(Support::PRIMARY, status: 404, metadata: constraint)
    answers = Array.new(4) { ask }
    expect(answers.map(&:model)).to eq([Support::SECONDARY] * 4)
    expect(answers.map { |answer| reasons(answer.hops) }).to eq([[:too_expensive]] * 4)
    expect(answers.last.hops.first).to be_attempted.and have_attributes(status: 404)
    expect(log).to include("#{Support::PRIMARY} at openrouter failed: too_expensive (404)")
    gateway.fail(status: 404, metadata: constraint)
    expect { ask }.to raise_error(LlmRouter::ChainExhausted, /too_expensive \(404\)/)
  end
end
