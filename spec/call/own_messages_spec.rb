# frozen_string_literal: true

require "yaml"

RSpec::Matchers.define_negated_matcher :not_include, :include

# A candidate may have messages of its own, made from those of the call.
RSpec.describe LlmRouter, "and candidates with messages of their own" do
  let(:secondary) { {} }
  let(:chain) { [Support::PRIMARY, { model: Support::SECONDARY, **secondary }, Support::FLOOR] }
  let(:messages) { [{ role: "system", content: "Be brief." }, { role: "user", content: "Hi" }] }
  let(:router) { described_class.new(chain: :own, budget: budget) }

  before do
    gateway.fail(status: 503)
    gateway.answer("Hello", Support::FLOOR)
  end

  def chained = configure { |config| config.chain :own, chain }

  # What each model was sent, as pairs of a role and a content.
  def sent
    gateway.requests.to_h do |request|
      [request.model, request.messages.map { |message| message.values_at("role", "content") }]
    end
  end

  def call(**options)
    chained
    router.call(messages: messages, max_tokens: 5, **options)
  end

  def unsent(message, &)
    chained
    expect(&).to raise_error(ArgumentError, message)
    expect(budget.checks).to eq(0)
    expect(gateway.requests).to be_empty
  end

  callers = [["system", "Be brief."], %w[user Hi]]

  context "with a callable" do
    let(:secondary) { { messages: ->(given) { [{ role: "user", content: "In short: #{given.last[:content]}" }] } } }

    it "sends what it returns to that candidate, and the caller's to the others" do
      call
      expect(sent).to eq(Support::PRIMARY => callers, Support::SECONDARY => [["user", "In short: Hi"]],
                         Support::FLOOR => callers)
    end

    it "makes them for each request of call_all" do
      chained
      requests = %w[one two].map { |text| { messages: [{ role: "user", content: text }] } }
      router.call_all(requests)
      own = gateway.requests.select { |request| request.model == Support::SECONDARY }
      expect(own.map { |request| request.messages.first["content"] })
        .to contain_exactly("In short: one", "In short: two")
    end

    it "reserves for them, not for the caller's" do
      long = "x" * 100_000
      chain[1][:messages] = ->(_) { [{ role: "user", content: long }] }
      chain.map! { |one| one.is_a?(Hash) ? one : { model: one } }
      chain.each { |one| one[:price] = { prompt: "0.000001", completion: "0" } }
      chained
      reserving = Support::ReservingBudget.new(cap: "10")
      described_class.new(chain: :own, budget: reserving).call(messages: messages, max_tokens: 5)
      reserved = reserving.operations.filter_map { |name, usd| usd if name == :reserve }
      expect(reserved[1]).to be > BigDecimal("0.1")
      expect([reserved[0], reserved[2]]).to all(be < BigDecimal("0.01"))
    end

    it "is called on the thread of the call, before the first attempt" do
      seen = []
      chain[1][:messages] = lambda do |given|
        seen << [Thread.current, gateway.requests.size, budget.checks]
        given
      end
      call
      expect(seen).to eq([[Thread.current, 0, 0]])
    end

    it "masks in a hop what that candidate was sent" do
      gateway.fail(Support::SECONDARY, status: 503, message: "I choke on: In short: Hi there, dear customer")
      messages.last[:content] = "Hi there, dear customer"
      expect(call.hops.last.message).to include("[FILTERED]").and(not_include("dear"))
    end
  end

  it "gives each candidate a copy: what one changes, no other sees, nor the caller" do
    change = lambda do |given|
      given.last[:content] << "!"
      given.first["more"] = [1]
      given.push({ role: "user", content: "Also" })
    end
    chain.map! { |one| { model: one.is_a?(Hash) ? one[:model] : one, messages: change } }
    messages.each { |message| message.transform_values!(&:+@) }
    before = Marshal.dump(messages)
    call
    expect(Marshal.dump(messages)).to eq(before)
    expect(sent.values.uniq).to eq([[["system", "Be brief."], %w[user Hi!], %w[user Also]]])
  end

  {
    "a method" => Support::MESSAGES.method(:+), "a block" => proc { |given| given },
    "a Symbol's block" => :itself.to_proc, "an object" => Class.new { def call(given) = given }.new,
    "a lambda with an optional argument" => ->(given = nil) { given },
    "a lambda of any arguments" => ->(*given) { given.first }
  }.each do |what, callable|
    it "takes #{what}" do
      chain[1] = { model: Support::SECONDARY, messages: callable }
      call
      expect(sent.fetch(Support::SECONDARY).last).to eq(%w[user Hi])
    end
  end

  {
    "a String" => ["Be brief", /is a String: give a callable/],
    "an Array" => [[{ role: "user", content: "secret" }], /is a Array: give a callable/],
    "a Symbol" => [:secret, /is a Symbol: give a callable/],
    "false" => [false, /is a FalseClass/],
    "a lambda without an argument" => [-> { [] }, /does not take one argument/],
    "a lambda of two" => [->(one, two) { [one, two] }, /does not take one argument/],
    "a lambda that needs a keyword" => [->(one, two:) { [one, two] }, /does not take one argument/],
    "a block of two" => [proc { |one, two| [one, two] }, /does not take one argument/],
    "a block without an argument" => [proc { [] }, /does not take one argument/]
  }.each do |what, (given, message)|
    it "refuses #{what} for messages when the chain is configured, and names the candidate" do
      chain[1] = { model: Support::SECONDARY, messages: given }
      expect { chained }.to raise_error(LlmRouter::ConfigurationError, message) do |error|
        expect(error.message).to start_with("chain :own candidate 1 has messages: that").and(not_include("secret"))
      end
    end
  end

  {
    "nothing" => [nil, /candidate 1: messages: needs an Array/],
    "an empty list" => [[], /candidate 1: messages: needs an Array/],
    "a String" => ["Hi", /candidate 1: messages: needs an Array/],
    "a message without a role" => [[{ content: "Hi" }], /candidate 1: messages\[0\] has no role/],
    "what is no JSON" => [[{ role: "user", content: Object.new }], /candidate 1: messages\[0\]\[:content\] .*Object/]
  }.each do |what, (returned, message)|
    it "refuses a callable that returns #{what}, before a budget or the network is used" do
      chain[1] = { model: Support::SECONDARY, messages: ->(_) { returned } }
      unsent(/\Achain :own #{message}/) { router.call(messages: messages) }
    end

    it "refuses it in call_all, with the index of the request" do
      chain[1] = { model: Support::SECONDARY, messages: ->(given) { given.last[:content] == "2" ? returned : given } }
      requests = %w[1 2].map { |text| { messages: [{ role: "user", content: text }] } }
      unsent(/\Arequests\[1\]: chain :own #{message}/) { router.call_all(requests) }
    end
  end

  it "names the candidate whose callable raises, not what it says, and keeps the cause" do
    chain[1] = { model: Support::SECONDARY, messages: ->(given) { raise KeyError, "not in #{given}" } }
    unsent(/\Achain :own candidate 1: messages: the callable raised a KeyError, which is the cause/) do
      router.call(messages: messages)
    rescue ArgumentError => e
      expect(e.message).not_to include("Hi")
      expect(e.cause).to be_a(KeyError)
      raise
    end
  end

  deep = ->(given) { deep.call(given) + 1 }
  { NotImplementedError => ->(given) { raise NotImplementedError, given.inspect }, SystemStackError => deep }
    .each do |fault, callable|
      it "takes a #{fault} for the callable's fault, too" do
        chain[1] = { model: Support::SECONDARY, messages: callable }
        unsent(/candidate 1: messages: the callable raised a #{fault}, which/) { router.call(messages: messages) }
      end
    end

  it "lets a timeout of the caller's through" do
    chain[1] = { model: Support::SECONDARY, messages: ->(_) { Queue.new.pop } }
    chained
    expect { Timeout.timeout(0.05) { router.call(messages: messages) } }.to raise_error(Timeout::Error)
  end

  it "refuses messages that contain themselves" do
    messages.last[:content] = messages
    chain[1] = { model: Support::SECONDARY, messages: ->(given) { given } }
    unsent(/nested deeper than 100 levels; does it contain itself/) { router.call(messages: messages) }
  end

  context "with a system message" do
    let(:secondary) { { system: "Antworte kurz." } }
    let(:own) { ["system", "Antworte kurz."] }

    it "sends it to that candidate in place of the caller's" do
      call
      expect(sent).to eq(Support::PRIMARY => callers, Support::SECONDARY => [own, %w[user Hi]],
                         Support::FLOOR => callers)
    end

    {
      "in front if there is none" => [[%w[user Hi]], [%w[user Hi]]],
      "in place of several" => [[%w[system A], %w[developer B], %w[user Hi]], [%w[user Hi]]],
      "and leaves a later one" => [[%w[user Hi], %w[system Later]], [%w[user Hi], %w[system Later]]],
      "alone if there is nothing else" => [[%w[system A]], []]
    }.each do |what, (given, rest)|
      it "sends it #{what}" do
        messages.replace(given.map { |role, content| { "role" => role.to_sym, content: content } })
        call
        expect(sent.fetch(Support::SECONDARY)).to eq([own, *rest])
      end
    end

    {
      7 => /is a Integer/, "" => /is blank/, " \n" => /is blank/, "\xFF" => /is not valid UTF-8/,
      "\xFF".b => /is not valid UTF-8/, ["secret"] => /is a Array/, false => /is a FalseClass/
    }.each do |given, message|
      it "refuses #{given.inspect} when the chain is configured" do
        chain[1] = { model: Support::SECONDARY, system: given }
        expect { chained }.to raise_error(LlmRouter::ConfigurationError, message) do |error|
          expect(error.message).to start_with("chain :own candidate 1 has a system: that").and(not_include("secret"))
        end
      end
    end

    it "is refused beside messages:" do
      chain[1] = { model: Support::SECONDARY, system: "A", messages: ->(given) { given } }
      expect { chained }.to raise_error(LlmRouter::ConfigurationError, /candidate 1 has system: and messages:: give/)
    end

    it "is as it was configured, whatever becomes of the String" do
      text = chain[1][:system] = +"Antworte kurz."
      chained
      text << " Secret"
      router.call(messages: messages)
      expect(sent.fetch(Support::SECONDARY).first).to eq(own)
    end

    it "is shown by nothing that prints a chain" do
      chained
      configured = LlmRouter.config.chains.find { |one| one.name == :own }
      shown = [configured, configured.candidates, LlmRouter.config, router].flat_map do |object|
        [object.inspect, object.to_s, object.instance_variables.inspect]
      end
      shown << YAML.dump(configured.candidates[1].own_messages) << log << configured.doubts.join
      expect(shown.join).not_to include("Antworte")
      expect([configured, *configured.candidates, *configured.own_messages]).to all(be_frozen)
    end

    it "is in no error, hop or log of a call that fails, even where an endpoint quotes it" do
      gateway.fail(Support::SECONDARY, status: 503, message: "cannot follow: Antworte kurz. (try later)")
      gateway.fail(Support::FLOOR, status: 503)
      hops = []
      configure(log_messages: true) do |config|
        config.chain :own, chain
        config.on_hop { |hop| hops << hop.to_s }
      end
      error = failure_of { router.call(messages: messages) }
      shown = [log, error.message, error.hops.inspect, *hops].join
      expect(shown).to include("cannot follow").and(not_include("Antworte"))
    end
  end

  it "takes keys that are Strings, and nil for none" do
    chain[1] = { "model" => Support::SECONDARY, "system" => "Brief!", "messages" => nil }
    call
    expect(sent.fetch(Support::SECONDARY).first).to eq(%w[system Brief!])
  end

  it "checks messages only where the caller's are right" do
    chain[1] = { model: Support::SECONDARY, messages: ->(_) { raise "never called" } }
    unsent(/\Amessages: needs an Array/) { router.call(messages: []) }
  end
end
