# frozen_string_literal: true

require "timeout"

# Under a fiber scheduler that is not Async 1's, and does what it can in other ways.
RSpec.describe LlmRouter, "and any fiber scheduler" do
  # What no rescue of a StandardError holds up, as Async's own.
  let(:halt) { Class.new(Exception) } # rubocop:disable Lint/InheritException

  def scheduled(&)
    Support::PlainScheduler.run(&)
  end

  # A fiber in a call, which notes what ended it.
  def call_in_fiber(ends)
    Fiber.schedule do
      yield
    rescue halt => e
      ends << e.class
    end
  end

  before { configure }

  it "lets the fibers of a thread wait side by side", :puma do
    answer_after { gateway.await_requests(20) }
    answers = []
    scheduled { 20.times { Fiber.schedule { answers << ask.content } } }
    expect([answers, budget.charges.sum]).to eq([["Hi"] * 20, 5])
  end

  it "ends for Fiber#raise, and drops the request" do
    gateway.hang
    ends = []
    scheduled do
      call = call_in_fiber(ends) { ask }
      gateway.await_requests(1)
      call.raise(halt)
    end
    gateway.await_disconnect
    expect([ends, budget.charges]).to eq([[halt], []])
  end

  it "ends for Fiber#kill, and releases or settles" do
    skip "from Ruby 3.3 on" unless Fiber.method_defined?(:kill)
    configure(price_ttl: nil, on_uncertain: :release)
    gateway.hang
    @budget = Support::ReservingBudget.new
    went_on = false
    scheduled do
      call = Fiber.schedule { ask && (went_on = true) }
      gateway.await_requests(1)
      call.kill
    end
    gateway.await_disconnect
    expect([budget.operations.map(&:first), budget.reserved_usd, went_on]).to eq([%i[reserve release], 0, false])
  end

  it "charges an answer that is there before it ends for Fiber#kill" do
    skip "from Ruby 3.3 on, and needs /proc" unless Fiber.method_defined?(:kill) && File.directory?("/proc/self/task")
    gateway.answer("Hi", cost_usd: "0.25")
    went_on = false
    scheduled do
      call = Fiber.schedule { ask && (went_on = true) }
      Support::Driver.finish(gateway)
      call.kill
    end
    expect([budget.charges, went_on]).to eq([[BigDecimal("0.25")], false])
  end

  it "ends for Timeout.timeout" do
    gateway.hang
    ended = 0
    until_requested do |time|
      scheduled { expect { Timeout.timeout(time) { ask } }.to(raise_error(Timeout::Error)) && (ended += 1) }
    end
    gateway.await_disconnect
    expect(ended).to be_positive
  end

  it "lets no exception into the middle of a charge, but after it" do
    gateway.answer("Hi", cost_usd: "0.25")
    started = Thread::Queue.new
    slow = Support::ChargingBudget.new
    slow.define_singleton_method(:charge!) { |cost| (started << true) && sleep(0.2) && super(cost) }
    ends = []
    scheduled do
      call = call_in_fiber(ends) { described_class.new(budget: slow).call(messages: Support::MESSAGES) && hang }
      started.pop
      call.raise(halt)
    end
    expect([ends, slow.charges]).to eq([[halt], [BigDecimal("0.25")]])
  end

  it "parks a fiber of one's own", :puma do
    order = []
    answer_after { eventually { order.any? } }
    scheduled do
      Fiber.schedule { order << Fiber.new { ask.content }.resume }
      order << :meanwhile
    end
    expect(order).to eq([:meanwhile, "Hi"])
  end

  # There, such a scheduler goes on with a copy of every fiber.
  it "answers in the child of a fork, and leaves the parent's call to the parent" do
    gateway.answer("Hi", cost_usd: "0.25")
    forked = Thread::Queue.new
    answer_after(times: 1) { forked.pop }
    first = status = nil
    scheduled do
      Fiber.schedule do
        first = ask
      rescue described_class::Error => e
        first = e
      end
      gateway.await_requests(1)
      child = fork do
        own = ask.content
        eventually { first }
        exit!(own == "Hi" && first.message.include?("was forked") && budget.charges.size == 1)
      end
      forked << true
      status = Process.wait2(child).last.exitstatus
    end
    expect([status, first&.content, budget.charges.size]).to eq([0, "Hi", 1])
  end
end
