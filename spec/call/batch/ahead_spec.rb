# frozen_string_literal: true

require_relative "../../budget/budget_helper"
require_relative "batch_helper"

# On PostgreSQL, calls of a batch reserve, and settle, in one statement.
RSpec.describe LlmRouter, "#call_all and statements for many calls", database: :postgresql do
  include BatchHelper

  let(:answered) { described_class::Response }
  let(:refused) { described_class::BudgetExceeded }
  let(:row) { capped(:all, "1000") }
  let(:ledger) { LlmRouter::Budget::Ledger }

  before { priced }

  def capped(feature, cap, **changes)
    model.for(nil, feature: feature).tap { |budget| budget.update!(cap_usd: cap, period: "total", **changes) }
  end

  # A call may cost a cent.
  def priced(**settings)
    configure(price_ttl: nil, **settings) do |config|
      config.logger = Logger.new(log_io)
      Support::CHAIN.each { |name| config.price name, prompt: "0", completion: "0.001" }
    end
  end

  def call_all(count, budget = row, **options, &)
    calls = requests(count).map { |request| { **request, max_tokens: 10 } }
    described_class.new(budget: budget).call_all(calls, concurrency: 100, **options, &)
  end

  def one_by_one
    allow(LlmRouter::BulkAccount).to receive(:of).and_return(nil)
  end

  def expect_settled(budget, usd, count)
    expect([spent(budget), budget.charges.sum(:cost_usd), budget.charges.count]).to eq([usd(usd), usd(usd), count])
    expect([budget.reservations.count, budget.reload[:reserved_usd], differences]).to eq([0, 0, []])
  end

  def differences
    LlmRouter::Budget::Audit.new(model).differences
  end

  # For how many attempts the ledger did what in one statement, and for how many one by one.
  def counted
    sizes = Hash.new(0)
    %i[reserve_all settle_all].each { |name| wrap(name) { |done, given| sizes[name] += given.size if done } }
    %i[reserve! settle!].each { |name| wrap(name) { sizes[name] += 1 } }
    yield
    sizes
  end

  def wrap(name)
    allow_any_instance_of(ledger).to receive(name).and_wrap_original do |act, *given, **known|
      act.call(*given, **known).tap { |done| yield done, *given }
    end
  end

  # The others arrive while the block has the thread, with the result of the first.
  def all_at_once(count, &reply)
    first_shown = Thread::Queue.new
    gateway.respond do |request|
      number = number_of(request)
      gateway.await_requests(count)
      next [200, {}, body(number, 0.005)] if number.zero?

      first_shown.pop
      reply.call(number)
    end
    shown = 0
    lambda do |*|
      shown += 1
      next unless shown == 1

      (count - 1).times { first_shown << true }
      # Nothing tells that an answer has been read.
      sleep(0.5)
    end
  end

  def body(number, cost, **usage)
    JSON.generate(id: "gen-#{number}", model: Support::PRIMARY,
                  usage: { cost: cost, prompt_tokens: number, **usage }.compact,
                  choices: [{ message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }])
  end

  it "reserves for all that can start, and settles what has arrived" do
    block = all_at_once(20) { |number| [200, {}, body(number, 0.001)] }
    counts = counted { expect(call_all(20, &block).map(&:class)).to eq([answered] * 20) }
    expect(counts.slice(:reserve_all, :reserve!)).to eq(reserve_all: 20)
    expect(counts.values_at(:settle_all, :settle!)).to match([be > 1, be < 19])
    expect(counts.values_at(:settle_all, :settle!).sum).to eq(20)
    expect_settled(row, "0.024", 20)
  end

  it "settles an answer that accept refuses once, and reserves anew for the next" do
    gateway.answer("Hm", Support::PRIMARY, cost_usd: "0.002")
    gateway.answer("Hello", Support::SECONDARY, cost_usd: "0.001")
    counts = counted do
      calls = requests(12).map { |request| { **request, max_tokens: 10 } }
      drafts = described_class.new(budget: row).call_all(calls, accept: ->(response) { response.content == "Hello" })
      expect(drafts.map(&:content)).to eq(["Hello"] * 12)
    end
    expect(counts.values_at(:settle_all, :settle!).sum).to eq(24)
    expect_settled(row, "0.036", 24)
  end

  it "reserves with both of two rows" do
    gateway.answer("Hi", cost_usd: "0.001")
    other = capped(:other, "1000")
    counts = counted { expect(call_all(12, [other, row]).map(&:class)).to eq([answered] * 12) }
    expect(counts.slice(:reserve_all, :reserve!)).to eq(reserve_all: 12)
    [row, other].each { |budget| expect_settled(budget, "0.012", 12) }
  end

  it "fills the cap exactly where there is room for 37 of 100, as one call after the other does" do
    gateway.answer("Hi", cost_usd: "0.01")
    ends = [capped(:one, "0.37"), capped(:other, "0.37")].map do |budget|
      results = call_all(100, budget)
      expect_settled(budget, "0.37", 37)
      one_by_one
      [results.map(&:class), results.grep(refused).map { |error| [error.message.sub("other", "one"), error.left_usd] }]
    end
    expect(ends.first.first).to eq(([answered] * 37) + ([refused] * 63))
    expect(ends.first).to eq(ends.last)
    expect(gateway.requests.size).to eq(74)
  end

  it "continues as calls release what they reserved and did not spend" do
    gateway.answer("Hi", cost_usd: "0.001", delay: 0.02)
    budget = capped(:small, "0.2")
    expect(call_all(100, budget).map(&:class)).to eq([answered] * 100)
    expect_settled(budget, "0.1", 100)
  end

  it "charges each what it cost, on the same record as one by one" do
    replies = lambda do |number|
      case number % 4
      when 0 then [200, {}, body(number, "0.00#{number}")]
      when 1 then [200, {}, body(number, nil, completion_tokens: 2)]
      when 2 then [200, {}, body(number, nil)]
      else [200, {}, body(number, 0)]
      end
    end
    together, single = [capped(:one, "1000"), capped(:two, "1000")].map do |budget|
      call_all(12, budget, &all_at_once(12, &replies))
      expect(differences).to eq([])
      one_by_one
      charges = budget.charges.pluck(:kind, :cost_usd, :generation_id, :prompt_tokens, :model)
      charges.sort_by { |charge| charge[2][/\d+/].to_i }
    end
    expect(together).to eq(single)
    expect(together.map(&:first).tally).to eq("cost" => 6, "computed" => 3, "estimate" => 3)
  end

  it "falls back as one by one, and reserves ahead for the candidate behind one that cools down" do
    gateway.answer("Hi", cost_usd: "0.001")
    gateway.fail(Support::PRIMARY, status: 503)
    priced(cooldown_after: 2)
    call_all(30, capped(:first, "1000"))
    counts = counted { expect(call_all(30).map(&:model).uniq).to eq([Support::SECONDARY]) }
    expect(counts.slice(:reserve_all, :reserve!)).to eq(reserve_all: 30)
    expect_settled(row, "0.03", 30)
  end

  it "numbers the attempts of a job as when they reserve one by one" do
    gateway.answer("Hi", cost_usd: "0.001")
    keys = [capped(:one, "0.055"), capped(:two, "0.055"), capped(:three, "1000")].map do |budget|
      seen = []
      allow_any_instance_of(ledger).to receive(:reserve!).and_wrap_original do |act, usd, **known|
        act.call(usd, **known).tap { seen << known[:key] }
      end
      allow_any_instance_of(ledger).to receive(:reserve_all).and_wrap_original do |act, claims|
        act.call(claims)&.tap { seen.concat(claims.map { |claim| claim[:key] }) }
      end
      described_class::CurrentJob.with("a-job") { call_all(20, budget) }
      seen
    end
    expect(keys).to all(match_array(Array.new(20) { |number| "a-job/#{number + 1}" }))
  end

  it "turns the period, and reserves and settles in the new one" do
    gateway.answer("Hi", cost_usd: "0.001")
    budget = capped(:monthly, "0.5", period: "monthly", period_started_on: 40.days.ago.to_date, spent_usd: "0.5")
    expect(call_all(20, budget).map(&:class)).to eq([answered] * 20)
    started_on = LlmRouter::Database::Period.start("monthly")
    expect([budget.reload.spent_usd, budget.period_started_on]).to eq([usd("0.02"), started_on])
  end

  it "settles each alone where the statement for many fails, and logs that" do
    block = all_at_once(10) { |number| [200, {}, body(number, 0.001)] }
    allow_any_instance_of(ledger).to receive(:settle_all).and_raise(ActiveRecord::StatementInvalid, "a prompt")
    expect(call_all(10, &block).map(&:class)).to eq([answered] * 10)
    expect_settled(row, "0.014", 10)
    expect(log).to include("no statement could settle for many calls (ActiveRecord::StatementInvalid)")
    expect(log).not_to include("a prompt")
  end

  it "settles each once where the statement for many was committed and its reply was lost" do
    block = all_at_once(10) { |number| [200, {}, body(number, 0.001)] }
    allow_any_instance_of(ledger).to receive(:settle_all).and_wrap_original do |act, given|
      act.call(given)
      raise ActiveRecord::StatementInvalid, "lost"
    end
    expect(call_all(10, &block).map(&:class)).to eq([answered] * 10)
    expect_settled(row, "0.014", 10)
  end

  it "releases what the statement for many reserved where its reply was lost, and each reserves alone" do
    gateway.answer("Hi", cost_usd: "0.001")
    lost = [true]
    allow_any_instance_of(LlmRouter::Budget::Postgresql).to receive(:reserve).and_wrap_original do |act, *given|
      act.call(*given)
      raise ActiveRecord::StatementInvalid, "lost" if lost.pop

      true
    end
    expect(call_all(5).map(&:class)).to eq([answered] * 5)
    expect_settled(row, "0.005", 5)
  end

  it "reserves anew for an attempt that begins too late" do
    gateway.answer("Hi", cost_usd: "0.001")
    stub_const("LlmRouter::Ahead::MAX_DELAY", -1.0)
    counts = counted { expect(call_all(5).map(&:class)).to eq([answered] * 5) }
    expect(counts.slice(:reserve_all, :reserve!)).to eq(reserve_all: 5, reserve!: 5)
    expect_settled(row, "0.005", 5)
  end

  it "reserves anew where there was room for those that reserved ahead only" do
    gateway.answer("Hi", cost_usd: "0.001")
    stub_const("LlmRouter::Ahead::MAX_DELAY", -1.0)
    budget = capped(:small, "0.05")
    expect(call_all(5, budget).map(&:class)).to eq([answered] * 5)
    expect_settled(budget, "0.005", 5)
  end

  it "goes past no method of the model's own" do
    gateway.answer("Hi", cost_usd: "0.001")
    seen = []
    own = model_with { define_method(:reserve!) { |usd, **known| super(usd, **known).tap { seen << usd } } }
    expect(call_all(5, own.for(nil, feature: :own)).map(&:class)).to eq([answered] * 5)
    expect(seen.size).to eq(5)
  end

  it "releases what calls that have not begun have reserved, if the block raises" do
    gateway.fail(status: 400)
    stub_const("LlmRouter::Ahead::MAX_DELAY", 60.0)
    raised = false
    allow_any_instance_of(LlmRouter::BatchedCall).to receive(:gate).and_wrap_original do |gate, *given|
      next gate.call(*given) if raised

      raised = true
      raise "the first call's own"
    end
    expect { call_all(10) { raise "the block" } }.to raise_error(RuntimeError)
    expect([row.reservations.count, row.reload[:reserved_usd]]).to eq([0, 0])
  end

  describe "interrupted" do
    let(:stop) { Class.new(StandardError) }

    # Before the statement for many, or after it.
    def interrupt_at(name, moment)
      allow_any_instance_of(ledger).to receive(name).and_wrap_original do |act, given|
        yield Thread.current if moment == :before
        act.call(given).tap { yield Thread.current if moment == :after }
      end
    end

    %i[before after].each do |moment|
      it "charges each answer once, by a signal #{moment} the statement that settles" do
        block = all_at_once(10) { |number| [200, {}, body(number, 0.001)] }
        interrupt_at(:settle_all, moment) { raise Interrupt }
        expect { call_all(10, &block) }.to raise_error(Interrupt)
        expect_settled(row, "0.014", 10)
      end

      it "charges each answer once, by Thread#raise #{moment} the statement that settles" do
        block = all_at_once(10) { |number| [200, {}, body(number, 0.001)] }
        interrupt_at(:settle_all, moment) { |thread| Thread.new { thread.raise(stop) }.join }
        expect { call_all(10, &block) }.to raise_error(stop)
        expect_settled(row, "0.014", 10)
      end

      it "releases what was reserved, by Thread#kill #{moment} the statement that reserves" do
        gateway.answer("Hi", cost_usd: "0.001")
        interrupt_at(:reserve_all, moment) { |thread| Thread.new { thread.kill }.join }
        expect(Thread.new { call_all(10) }.join(60).value).to be_nil
        expect([gateway.requests.size, row.reservations.count, row.reload[:reserved_usd]]).to eq([0, 0, 0])
      end
    end

    it "leaves nothing reserved, by a signal before the statement that reserves" do
      gateway.answer("Hi", cost_usd: "0.001")
      interrupt_at(:reserve_all, :before) { raise Interrupt }
      expect { call_all(10) }.to raise_error(Interrupt)
      expect([gateway.requests.size, row.reservations.count, row.reload[:reserved_usd]]).to eq([0, 0, 0])
    end
  end
end
