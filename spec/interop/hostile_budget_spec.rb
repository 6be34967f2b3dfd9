# frozen_string_literal: true

require "timeout"

# Whatever a budget does, there is no crash and no hang, and money is where it belongs.
RSpec.describe "A budget that misbehaves" do
  around { |example| Timeout.timeout(60) { example.run } }

  before do
    gateway.answer("Hi", cost_usd: "0.25")
    configure(price_ttl: nil)
  end

  # An ordinary budget, and one that reserves, of which one method begins with the block.
  def plain(method, &block) = hostile(Support::ChargingBudget.new, method, block)

  def reserving(method, &block) = hostile(Support::ReservingBudget.new(cap: "9"), method, block)

  def hostile(budget, method, block)
    budget.define_singleton_method(method) do |*arguments, **options|
      instance_exec(&block)
      super(*arguments, **options.except(:attempt))
    end
    budget
  end

  def call(budget)
    LlmRouter.new(chain: :default, budget: budget).call(messages: Support::MESSAGES)
  end

  # What a call with a good budget says after it.
  def expect_all_well
    expect(call(Support::ChargingBudget.new).content).to eq("Hi")
  end

  raised = [IOError, NotImplementedError, NoMemoryError, SystemStackError, SystemExit, Interrupt, Exception]

  raised.each do |error|
    it "raises #{error} before an attempt: it reaches the caller, and no attempt is made" do
      [plain(:exhausted?) { raise error }, reserving(:reserve!) { raise error }].each do |budget|
        expect { call(budget) }.to raise_error(error)
      end
      expect(gateway.requests).to be_empty
      expect_all_well
    end

    # What is no failure of the budget, but the end of the program, goes on as what it is.
    it "raises #{error} after one: the caller has the answer in ChargeFailed, or that" do
      [plain(:charge!) { raise error }, reserving(:settle!) { raise error }].each do |budget|
        failure = ended_by { call(budget) }
        failure = failure.cause && expect_answer_in(failure) if error <= StandardError || error <= ScriptError
        expect(failure).to be_instance_of(error)
      end
      expect(gateway.requests.size).to eq(2)
      expect_all_well
    end

    it "raises #{error} while it lets go: what ended the call is what the caller gets" do
      gateway.fail(status: 400)
      expect { call(reserving(:release!) { raise error }) }
        .to raise_error(error <= StandardError ? LlmRouter::RequestRejected : Exception)
    end
  end

  def ended_by
    yield
    nil
  rescue Exception => e # rubocop:disable Lint/RescueException
    e
  end

  def expect_answer_in(failure)
    expect(failure).to be_a(LlmRouter::ChargeFailed)
    expect(failure.response.content).to eq("Hi")
    failure.cause
  end

  %i[exhausted? charge!].each do |method|
    it "throws or ends its thread in #{method}" do
      expect(catch(:out) { call(plain(method) { throw :out, :thrown }) }).to eq(:thrown)
      expect(Thread.new { call(plain(method) { Thread.exit }) }.value).to be_nil
      expect(Thread.new { call(plain(method) { Thread.current.kill && Waiting.await_interrupt }) }.value).to be_nil
      expect_all_well
    end

    it "calls the router in #{method}, and that budget too" do
      innermost = Support::ChargingBudget.new
      ask = ->(budget) { call(budget) }
      outer = 4.times.reduce(innermost) { |inner, _| plain(method) { ask.call(inner) } }
      expect(call(outer).content).to eq("Hi")
      expect(innermost.charges).to eq([BigDecimal("0.25")])
      expect(gateway.requests.size).to eq(5)
    end

    it "lets other threads run in #{method}, and waits for one that calls" do
      shared = LlmRouter.new(chain: :default, budget: LlmRouter::Unlimited)
      waiting = plain(method) do
        Thread.pass
        Thread.new { shared.call(messages: Support::MESSAGES) }.value
      end
      expect(Array.new(4) { Thread.new { call(waiting) } }.map { |thread| thread.value.content }).to all(eq("Hi"))
      expect(waiting.charges.size).to eq(4)
      expect(gateway.requests.size).to eq(8)
    end

    it "forks in #{method}, and the child calls" do
      forking = plain(method) do
        child = fork { exit!(LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES).hops.size) }
        Process.wait2(child).last.success? or raise "the child failed"
      end
      expect(call(forking)).to have_attributes(content: "Hi", hops: [])
      expect(forking.charges.size).to eq(1)
      expect(gateway.requests.size).to eq(2)
    end
  end

  # In a thread, for a fiber that is left in the middle of a charge is never resumed: as long as
  # it is not over, its thread cannot be interrupted.
  it "changes fibers in the middle of a call, and comes back or does not" do
    answers = Thread.new do
      fibers = Array.new(3) { Fiber.new { call(plain(:charge!) { Fiber.yield :waiting }).content } }
      fibers.map(&:resume) + fibers.first(2).map(&:resume)
    end
    expect(answers.value).to eq(%i[waiting waiting waiting] + %w[Hi Hi])
    GC.start
    expect_all_well
  end

  it "changes fibers on the main thread, and signals are as they were" do
    fibers = Array.new(2) { Fiber.new { call(plain(:charge!) { Fiber.yield }) } }
    previous = trap(:USR1) { raise IOError, "trapped" }
    2.times { fibers.each(&:resume) }
    expect { Process.kill(:USR1, Process.pid) && await_interrupt }.to raise_error(IOError, "trapped")
  ensure
    trap(:USR1, previous || "DEFAULT")
  end

  it "answers with what is no answer" do
    [nil, 0, "no", Object.new].each do |answer|
      odd = Support::ChargingBudget.new
      odd.define_singleton_method(:exhausted?) { answer }
      odd.define_singleton_method(:charge!) { |_| answer }
      answer ? expect { call(odd) }.to(raise_error(LlmRouter::BudgetExceeded)) : expect(call(odd).content).to(eq("Hi"))
      reserving = Support::ReservingBudget.new
      %i[settle! release!].each { |method| reserving.define_singleton_method(method) { |*| answer } }
      reserving.define_singleton_method(:reserve!) { |*, **| answer }
      expect(call(reserving).content).to eq("Hi")
    end
  end

  it "is called from an observer of hops, which may raise and throw as well" do
    gateway.fail(Support::PRIMARY, status: 503)
    seen = []
    LlmRouter.configure do |config|
      config.on_hop { |hop| (seen << hop) && (seen.size == 1 ? call(Support::ChargingBudget.new) : raise(IOError)) }
    end
    expect(call(budget)).to have_attributes(content: "Hi", model: Support::SECONDARY)
    expect([seen.size, budget.charges.size, gateway.requests.size]).to eq([2, 1, 4])
  end
end
