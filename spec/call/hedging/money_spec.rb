# frozen_string_literal: true

require "timeout"

RSpec.describe "The money of a call that is hedged", :puma do
  include Hedging

  let(:budget) { Hedging::Budget.new(cap: "1") }
  # Of one attempt: a few tokens in, and 1000 out.
  let(:worst_case) { budget.operations.first[1] }

  def ask(**options)
    super(max_tokens: 1000, **options)
  end

  # What the budget has reserved when both are in flight.
  def answer_with_both
    reserved = nil
    answer_when("Hello", "google/*", cost_usd: "0.0021") do
      gateway.await_requests(2)
      reserved = budget.reserved_usd
    end
    yield
    reserved
  end

  it "is reserved for both, and then charged for the winner and uncertain for the other" do
    gateway.hang("anthropic/*")
    configure_hedged
    reserved = answer_with_both { ask }
    expect(reserved).to eq(worst_case * 2)
    expect(budget.operations.map(&:first)).to eq(%i[reserve reserve settle])
    expect(budget.operations.map(&:last).uniq.size).to eq(3), "each attempt has an idempotency key of its own"
    expect([budget.spent_usd, budget.uncertain]).to eq([BigDecimal("0.0021"), [worst_case]])
  end

  it "is exact if both have answered" do
    answered = Queue.new
    answer_when("first", "anthropic/*", cost_usd: "0.0011", &both_called)
    answer_when("second", "google/*", cost_usd: "0.0021", &both_called)
    configure_hedged
    draft = ask
    answered.close
    known = draft.hops.sum { |hop| hop.cost_usd || 0 }
    expect(budget.spent_usd).to eq(draft.cost_usd + known)
    expect(budget.uncertain.size).to eq(draft.hops.count { |hop| hop.cost_usd.nil? })
  end

  it "leaves the first alone if the budget has no room for both, and the second keeps its turn" do
    configure_hedged
    tight = Hedging::Budget.new(cap: "0.15")
    fail_when("anthropic/*", 503) { eventually { log.include?("is not hedged with") } }
    gateway.answer("Hello", "google/*", cost_usd: "0.002")
    draft = LlmRouter.new(budget: tight).call(messages: Support::MESSAGES, max_tokens: 1000)
    expect([draft.content, reasons(draft.hops)]).to eq(["Hello", [:unavailable]])
    expect(tight.operations.map(&:first)).to eq(%i[reserve release reserve settle])
  end

  [-> { LlmRouter::BudgetExceeded.new(budget: nil) }, -> { IOError.new("no database") }].each do |error|
    it "leaves the first alone if the second reservation fails by #{error.call.class}" do
      configure_hedged
      answer_when("Hello", "anthropic/*") { eventually { log.include?("is not hedged with") } }
      reservations = 0
      budget.define_singleton_method(:reserve!) do |usd, key:|
        (reservations += 1) == 1 ? super(usd, key: key) : raise(error.call)
      end
      expect([ask.content, models_called]).to eq(["Hello", [Support::PRIMARY]])
      expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal("0.002"), 0])
    end
  end

  it "is uncertain for the first if an interrupt comes while the second reserves, and that is not mistaken" do
    gateway.hang
    # By then the first is on the wire.
    configure_hedged(hedge: { after: 0.5 })
    reservations = 0
    budget.define_singleton_method(:reserve!) do |usd, key:|
      Thread.current.raise(IOError, "now") if (reservations += 1) == 2
      super(usd, key: key)
    end
    expect { ask }.to raise_error(IOError, "now")
    expect(budget.uncertain).to eq([worst_case])
    expect(budget.operations.map(&:first)).to eq(%i[reserve reserve release])
  end

  it "leaves the first alone if a budget of two methods is exhausted by then" do
    configure_hedged
    answer_when("Hello", "anthropic/*") { eventually { log.include?("is not hedged with") } }
    charging = Support::ChargingBudget.new
    charging.define_singleton_method(:exhausted?) { super() || checks > 1 }
    draft = LlmRouter.new(budget: charging).call(messages: Support::MESSAGES)
    expect([draft.content, draft.hops]).to eq(["Hello", []])
    expect(charging.charges).to eq([BigDecimal("0.002")])
  end

  # A thread in a call that has both attempts in flight.
  def hanging_call
    gateway.hang
    configure_hedged
    thread = Thread.new { ask }
    thread.report_on_exception = false
    gateway.await_requests(2)
    thread
  end

  def expect_both_uncertain
    2.times { gateway.await_disconnect }
    expect(budget.uncertain).to eq([worst_case] * 2)
    expect([budget.spent_usd, budget.operations.map(&:first)]).to eq([0, %i[reserve reserve]])
  end

  it "is uncertain for both after Thread#raise" do
    thread = hanging_call
    thread.raise(IOError, "stop it")
    expect { thread.value }.to raise_error(IOError, "stop it")
    expect_both_uncertain
  end

  it "is uncertain for both after Thread#kill" do
    expect(hanging_call.kill.value).to be_nil
    expect_both_uncertain
  end

  it "is uncertain for both after a Timeout" do
    gateway.hang
    configure_hedged
    thread = Thread.new do
      Timeout.timeout(60) { ask }
    rescue Timeout::Error
      :timed_out
    end
    gateway.await_requests(2)
    thread.raise(Timeout::Error)
    expect(thread.value).to eq(:timed_out)
    expect_both_uncertain
  end

  it "is uncertain for both after Ctrl-C" do
    previous = trap(:INT, "DEFAULT")
    gateway.hang
    configure_hedged
    interrupter = Thread.new { gateway.await_requests(2) && Process.kill(:INT, Process.pid) }
    expect { ask }.to raise_error(Interrupt)
    interrupter.join
    expect_both_uncertain
  ensure
    trap(:INT, previous)
  end

  it "is charged for the answer, and uncertain for the other, if the winner's settlement is interrupted" do
    gateway.hang("anthropic/*")
    answer_when("Hello", "google/*", cost_usd: "0.0021", &both_called)
    configure_hedged
    budget.define_singleton_method(:settle!) do |reservation, cost_usd|
      Thread.current.raise(IOError, "now")
      super(reservation, cost_usd)
    end
    expect { ask }.to raise_error(IOError, "now")
    expect([budget.spent_usd, budget.uncertain]).to eq([BigDecimal("0.0021"), [worst_case]])
  end
end
