# frozen_string_literal: true

require "timeout"
require "llm_router/notifications"
require_relative "../../support/billing/gateway"
require_relative "batch_helper"

RSpec.describe LlmRouter, "#call_all, the thread and the process" do
  include BatchHelper

  # One is answered, all the others hang.
  def one_of_many_answered
    gateway.hang
    gateway.answer("Hi", cost_usd: "0.25", times: 1)
  end

  def hanging(count: 4, &block)
    one_of_many_answered
    configure
    Thread.new do
      Thread.current.report_on_exception = false
      ask_all(count, &block)
    end
  end

  # Until the first result is there.
  def wait_for(shown)
    Timeout.timeout(60) { shown.pop }
  end

  it "ends for Timeout, drops what is under way, and keeps what is charged", :slow do
    one_of_many_answered
    configure
    seen = []
    expect { Timeout.timeout(3) { ask_all(4) { |_, result| seen << result } } }.to raise_error(Timeout::Error)
    gateway.await_disconnect
    expect([seen.map(&:content), budget.charges]).to eq([["Hi"], [BigDecimal("0.25")]])
  end

  it "ends for Thread#raise and Thread#kill" do
    one_of_many_answered
    configure
    ends = { raise: [IOError], kill: [] }.each.with_index(1).map do |(how, arguments), batches|
      shown = Thread::Queue.new
      thread = hanging { shown << true }
      wait_for(shown)
      # One that the gateway has not read yet would take the answer that is meant for the next batch.
      gateway.await_requests(4 * batches)
      thread.public_send(how, *arguments)
      thread.join(60).value
    rescue IOError => e
      e.class
    end
    expect(ends).to eq([IOError, nil])
  end

  it "settles what may have been billed" do
    reserving = @budget = Support::ReservingBudget.new(cap: "100")
    configure(price_ttl: nil, on_uncertain: :release)
    shown = Thread::Queue.new
    thread = hanging { shown << true }
    wait_for(shown)
    gateway.await_requests(4)
    thread.kill.join
    expect(reserving.operations.map(&:first).tally).to eq(reserve: 4, settle: 1, release: 3)
    expect(reserving.reserved_usd).to eq(0)
    expect(reserving.spent_usd).to eq(BigDecimal("0.25"))
  end

  it "ends with what the block raises, and charges what had arrived" do
    gateway.answer("Hi", cost_usd: "0.25", delay: 0.2)
    # The gateway may still have to read some that were sent.
    expect { ask_all(5) { gateway.await_requests(5) && raise(IOError, "the disk is full") } }
      .to raise_error(IOError, "the disk is full")
    expect(budget.charges.size).to be_between(1, 5)
    expect([ask.content, gateway.requests.size]).to eq(["Hi", 6])
  end

  it "may be left by break and throw" do
    gateway.answer("Hi", cost_usd: "0.25")
    configure
    expect(router.call_all(requests(5)) { |request,| break request }).to eq(requests(1).first).or be_a(Hash)
    expect(catch(:done) { ask_all(5) { throw :done, 7 } }).to eq(7)
    expect(ask.content).to eq("Hi")
  end

  it "may make calls in the block" do
    gateway.answer("Hi")
    inner = []
    ask_all(3) { inner.concat(ask_all(2)) }
    expect(inner.map(&:content)).to eq(["Hi"] * 6)
  end

  it "lets the others go on while the block is busy", :slow do
    gateway.answer("Hi", delay: 0.5)
    gateway.answer("Hi", delay: 0, times: 1)
    results = ask_all(8, timeout: 4) { sleep 0.6 }
    expect([results.map(&:class).uniq, gateway.requests.size]).to eq([[LlmRouter::Response], 8])
  end

  # Each time that it takes the GVL back, it waits for the other's turn of 100 ms to end, in which more arrive.
  it "takes the GVL back once for all that has arrived, and not for each", :slow do
    waits = 0
    allow_any_instance_of(LlmRouter::Batch).to(receive(:rest).and_wrap_original { |rest| (waits += 1) && rest.call })
    BillingGateway.open(delay: 0.5..0.5) do |gateway|
      configure(base_url: gateway.base_url) { |config| config.chain :cheap, %w[initech/cheap globex/middling] }
      batch = described_class.new(chain: :cheap, budget: budget)
      computing = Thread.new { loop { Math.sqrt(2) } }
      sent = requests(60).map { |request| { **request, max_tokens: 5 } }
      expect(batch.call_all(sent).map(&:class).uniq).to eq([LlmRouter::Response])
      expect(waits).to be < 30
    ensure
      computing&.kill
    end
  end

  it "parks a fiber, so that the others of its thread go on" do
    gateway.answer("Hi", delay: 0.5)
    configure
    order = []
    Support::PlainScheduler.run do
      Fiber.schedule { order << ask_all(5).map(&:content) }
      Fiber.schedule { order << :meanwhile }
    end
    expect(order).to eq([:meanwhile, ["Hi"] * 5])
  end

  it "leaves the parent's calls to the parent, in a child that a block forks" do
    forked = Thread::Queue.new
    answer_after { forked.pop }
    gateway.answer("Hi", cost_usd: "0.25", times: 1)
    configure
    parent = Process.pid
    child = nil
    begin
      results = ask_all(4) { child ||= fork.tap { 3.times { forked << true } } }
    rescue LlmRouter::Error => e
      exit!(e.message.include?("was forked") && budget.charges.size == 1 ? 0 : 1) unless Process.pid == parent
      raise
    end
    exit!(2) unless Process.pid == parent
    expect([Process.wait2(child).last.exitstatus, results.size, budget.charges.size]).to eq([0, 4, 4])
  end

  it "leaves no thread behind" do
    gateway.answer("Hi")
    configure
    # The system may be late to name a thread that begins, and to end one.
    ask_all(3) { eventually { Support::Driver.count == 1 } }
    expect(eventually { Support::Driver.count.zero? }).to be(true)
  end

  describe "events" do
    def events(&)
      events_seen = []
      listener = ->(name, started, ended, _, payload) { events_seen << [name, payload, ended - started] }
      ActiveSupport::Notifications.subscribed(listener, /\.llm_router\z/, &)
      events_seen
    end

    it "report each call and each attempt, though they overlap" do
      shown = []
      gateway.respond do |request|
        eventually { shown.size == number_of(request) }
        answer_of(number_of(request).to_s)
      end
      configure
      events_seen = events { ask_all(4) { |_, result| shown << result } }
      calls = events_seen.filter_map { |name, payload,| payload if name == "call.llm_router" }
      expect(calls.map { |payload| payload[:"gen_ai.response.id"] }).to eq(%w[gen-0 gen-1 gen-2 gen-3])
      expect(calls.map { |payload| payload[:outcome] }.uniq).to eq([:answered])
      attempts = events_seen.filter_map { |name, payload,| payload if name == "attempt.llm_router" }
      expect(attempts.map { |payload| payload[:duration] }).to all(be_positive)
      expect(calls.zip(attempts)).to all(satisfy { |call, attempt| call[:duration] >= attempt[:duration] })
    end

    it "report the calls that were interrupted" do
      one_of_many_answered
      configure
      events_seen = events { ask_all(3) { raise IOError } rescue nil } # rubocop:disable Style/RescueModifier
      outcomes = events_seen.filter_map { |name, payload,| payload[:outcome] if name == "call.llm_router" }
      expect(outcomes).to match_array(%i[answered interrupted interrupted])
    end
  end
end
