# frozen_string_literal: true

require_relative "batch_helper"

RSpec.describe LlmRouter, "#call_all" do
  include BatchHelper

  it "answers each request, in their order, and charges each" do
    seen = []
    gateway.respond do |request|
      eventually { seen.size == 3 } if number_of(request) == 1
      answer_of(number_of(request).to_s)
    end
    results = ask_all(4) { |_, result| seen << result.content }
    expect(seen.last).to eq("1")
    expect(results.map(&:content)).to eq(%w[0 1 2 3])
    expect(results).to be_frozen
    expect(budget.charges).to eq([BigDecimal("0.25")] * 4)
  end

  it "shows each to the block as it is through, with its request" do
    seen = []
    gateway.respond do |request|
      eventually { seen.size == 2 } if number_of(request).zero?
      answer_of("Hi")
    end
    requests = requests(3)
    results = router.call_all(requests) { |request, result| seen << [request, result] }
    expect(seen.size).to eq(3)
    expect(seen.last.first).to be(requests.first)
    expect(seen.to_h.compare_by_identity.values_at(*requests)).to eq(results)
  end

  it "goes by the list as it was given, whatever the block makes of it" do
    gateway.answer("Hi")
    list = requests(3)
    given = list.dup
    seen = []
    results = router.call_all(list, concurrency: 1) do |request,|
      seen << request
      list.clear
    end
    expect(seen.zip(given)).to all(satisfy { |request, as_given| request.equal?(as_given) })
    expect(results.map(&:content)).to eq(%w[Hi Hi Hi])
  end

  it "passes each request's own options on" do
    gateway.answer("Hi")
    router.call_all([{ messages: Support::MESSAGES, temperature: 0.5 }, { messages: Support::MESSAGES, seed: 7 }])
    bodies = gateway.requests.map { |request| request.body.except("model", "messages") }
    expect(bodies).to contain_exactly({ "temperature" => 0.5 }, { "seed" => 7 })
  end

  it "never sends a request's context, and gives it back with the result, be that an answer or an error" do
    gateway.respond do |request|
      number_of(request) == 1 ? [400, {}, '{"error":{"code":400,"message":"No"}}'] : answer_of("Hi")
    end
    contexts = [Object.new, proc {}, { "deep" => [Object.new] }]
    given = requests(3).zip(contexts).map { |request, context| { **request, context: context } }
    shown = []
    results = router.call_all(given) { |request, result| shown << [request, result.context] }
    expect(results.map(&:class)).to eq([LlmRouter::Response, LlmRouter::RequestRejected, LlmRouter::Response])
    expect(results.map(&:context)).to match(contexts.map { |context| be(context) })
    expect(shown.size).to eq(3)
    expect(shown).to all(satisfy { |request, context| request[:context].equal?(context) })
    expect(gateway.requests.map { |request| request.body.keys }).to all(eq(%w[model messages]))
  end

  it "gives the context back with a budget's own error, and with what was not started" do
    failing = Object.new
    def failing.exhausted? = raise("the database is away")
    def failing.charge!(_) = nil
    configure
    result, = described_class.new(budget: failing).call_all([{ **requests(1).first, context: 7 }])
    expect([result.message, result.context]).to eq(["the database is away", 7])

    empty = Support::ChargingBudget.new(cap: 0)
    given = requests(3).each_with_index.map { |request, number| { **request, context: number } }
    results = described_class.new(budget: empty).call_all(given, concurrency: 1)
    expect(results.map(&:context)).to eq([0, 1, 2])
  end

  it "has a result without a context where none was given" do
    gateway.answer("Hi")
    expect(ask_all(1).first.context).to be_nil
  end

  it "has no more of them under way than it may" do
    under_way = peak = 0
    lock = Mutex.new
    gateway.respond do
      lock.synchronize { peak = [peak, under_way += 1].max }
      eventually { peak >= 3 }
      # For one too many.
      sleep 0.05
      lock.synchronize { under_way -= 1 }
      answer_of("Hi")
    end
    ask_all(12, concurrency: 3)
    expect(peak).to eq(3)
  end

  it "waits for all of them at once", :slow do
    gateway.answer("Hi", delay: 1)
    expect(seconds { expect(ask_all(30).map(&:content)).to eq(["Hi"] * 30) }).to be < 15
  end

  it "answers nothing to no request, and takes any list" do
    gateway.answer("Hi")
    expect(router.call_all([])).to eq([])
    expect(router.call_all(requests(2).each).map(&:content)).to eq(%w[Hi Hi])
  end

  it "walks each along the chain by itself" do
    gateway.respond { |request| refused?(request) ? [503, {}, "{}"] : answer_of("Hi") }
    results = ask_all(4)
    expect(results.map { |result| reasons(result.hops) }).to eq([[], [:unavailable], [], [:unavailable]])
    expect(results.map(&:requested_model).uniq).to eq([Support::PRIMARY, Support::SECONDARY])
  end

  # The second and the fourth, by the first model.
  def refused?(request)
    request.model == Support::PRIMARY && number_of(request).odd?
  end

  it "has the error of each as its result, and goes on with the others" do
    gateway.answer("Hi")
    gateway.respond(Support::PRIMARY) { |request| by_number(request, 1 => [400, {}, "{}"], 2 => [500, {}, "{}"]) }
    gateway.respond(Support::SECONDARY) { [500, {}, "{}"] }
    gateway.respond(Support::FLOOR) { [500, {}, "{}"] }
    expect(ask_all(4).map(&:class)).to eq([LlmRouter::Response, LlmRouter::RequestRejected,
                                           LlmRouter::ChainExhausted, LlmRouter::Response])
  end

  it "has what a budget raises as the result of that call alone" do
    gateway.answer("Hi", cost_usd: "0.25")
    budget.define_singleton_method(:exhausted?) { (@checks += 1) == 2 ? raise(IOError, "no table") : false }
    results = ask_all(3)
    expect(results.map(&:class)).to eq([LlmRouter::Response, IOError, LlmRouter::Response])
    expect(budget.charges.size).to eq(2)
  end

  it "has a ScriptError of a budget's as a result, too" do
    budget.define_singleton_method(:exhausted?) { raise NotImplementedError }
    expect(ask_all(2)).to all(be_a(NotImplementedError))
  end

  it "loses no answer that cannot be charged" do
    gateway.answer("Hi", cost_usd: "0.25")
    budget.define_singleton_method(:charge!) { |cost| super(cost) && @charges.size == 2 && raise(IOError) }
    results = ask_all(3, concurrency: 1)
    expect(results.map(&:class)).to eq([LlmRouter::Response, LlmRouter::ChargeFailed, LlmRouter::Response])
    expect(results[1]).to have_attributes(cost_usd: BigDecimal("0.25"), response: have_attributes(content: "Hi"))
  end

  # All are read before the first is sent: 50 MB. glibc returns freed memory at once only with this setting.
  it "lets go of each request when its call ends", :slow do
    code = <<~'RUBY'
      require "llm_router"
      LlmRouter.configure do |config|
        config.api_key = "test-key"
        config.logger = nil
        config.chain :default, %w[a/b]
      end
      unwell = Class.new do
        def exhausted? = raise(IOError)
        def charge!(_) = nil
      end
      prompt = "x" * 1_000_000
      requests = Array.new(50) { { messages: [{ role: "user", content: prompt }] } }
      resident = []
      LlmRouter.new(budget: unwell.new).call_all(requests) do
        resident << File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i
      end
      print resident.first - resident.last
    RUBY
    at_once = { "MALLOC_MMAP_THRESHOLD_" => "65536" }
    ruby = [at_once, RbConfig.ruby, "-I", File.expand_path("../../../lib", __dir__), "-e", code]
    expect(Integer(IO.popen(ruby, &:read))).to be > 30_000
  end

  it "gives each its own deadline", :slow do
    gateway.answer("Hi", delay: 0.5)
    expect(ask_all(7, concurrency: 1, deadline: 3).map(&:content)).to eq(["Hi"] * 7)
    gateway.hang
    expect(seconds { expect(ask_all(2, deadline: 1).map(&:class)).to eq([LlmRouter::DeadlineExceeded] * 2) }).to be < 5
  end

  it "skips a model that has begun to cool down meanwhile" do
    gateway.answer("Hi")
    gateway.fail(Support::PRIMARY, status: 503)
    hops = ask_all(8, concurrency: 1).map { |result| reasons(result.hops) }
    expect(hops).to eq(([[:unavailable]] * 3) + ([[:cooling_down]] * 5))
  end

  it "logs each hop, and passes it to observers" do
    gateway.answer("Hi")
    gateway.fail(Support::PRIMARY, status: 503, times: 2)
    reported = []
    configure { |config| config.on_hop { |hop| reported << hop } }
    hops = ask_all(4).flat_map(&:hops)
    expect([reported, log.scan("failed: unavailable (503)").size]).to match([match_array(hops), 2])
  end

  describe "with requests that cannot be sent" do
    def refusal(*requests, **options)
      router.call_all(requests, **options)
    rescue ArgumentError => e
      e.message
    end

    it "refuses them all, with the place, before the budget is checked or a request sent" do
      good = { messages: Support::MESSAGES }
      expect(refusal(good, {})).to start_with("requests[1] needs messages")
      expect(refusal(good, "Hi")).to start_with("requests[1] needs messages")
      expect(refusal(good, { messages: [] })).to start_with("requests[1][:messages]: needs an Array")
      expect(refusal(good, { messages: ["Hi"] })).to start_with("requests[1][:messages][0] is a String")
      expect(refusal(good, { **good, model: "x" })).to start_with("requests[1]: model cannot be given")
      expect(refusal(good,
                     { **good,
                       temperature: Float::NAN })).to start_with("requests[1][:temperature] cannot be sent as JSON")
      expect([gateway.requests, budget.checks]).to eq([[], 0])
    end

    it "says what a list is, and how many may be under way" do
      expect { router.call_all(Support::MESSAGES.first) }.to raise_error(ArgumentError, /a Hash is no list/)
      expect(refusal({ messages: Support::MESSAGES }, concurrency: 0)).to start_with("concurrency is 0: give")
    end
  end
end
