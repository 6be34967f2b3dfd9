# frozen_string_literal: true

require "timeout"
require_relative "batch_helper"

# An interrupt is meant for the thread: it ends the batch, and is never taken for what has become of one call.
RSpec.describe LlmRouter, "#call_all and interrupts that are exceptions" do
  include BatchHelper

  let(:stop) { Class.new(StandardError) }

  # A budget that says when it is in a method for the first time, and stays there until an interrupt comes.
  def slow(budget, method)
    @reached = reached = Thread::Queue.new
    once = true
    budget.define_singleton_method(method) do |*arguments|
      (reached << true) && Waiting.await_interrupt if once
      once = false
      super(*arguments)
    end
    budget
  end

  # What ends the thread of a batch, or the classes of its results.
  def outcome_of(batch, *how, **limits)
    thread = Thread.new { batch.call_all(requests(3), concurrency: 1, **limits).map(&:class) }
    thread.report_on_exception = false
    @reached.pop
    thread.public_send(*how)
    thread.join(60).value
  rescue stop => e
    e.class
  end

  describe "while a call that has failed releases its reservation" do
    before { gateway.fail(status: 400) }

    def batch
      configure(price_ttl: nil)
      described_class.new(budget: slow(Support::ReservingBudget.new(cap: "100"), :release!))
    end

    it "ends for Thread#raise and Thread#kill" do
      # All of the models refuse it, so that the last hop reported is the end of the walk.
      expect(outcome_of(batch, :raise, stop)).to be(stop)
      expect(outcome_of(batch, :kill)).to be_nil
      expect(gateway.requests.size).to eq(2)
    end
  end

  describe "while a call that was not made releases its reservation" do
    # The gate takes all of the deadline's time.
    def batch
      gateway.answer("Hi")
      configure(price_ttl: nil)
      reserving = slow(Support::ReservingBudget.new(cap: "100"), :release!)
      reserving.define_singleton_method(:reserve!) { |usd, key:| super(usd, key: key).tap { sleep(0.3) } }
      described_class.new(budget: reserving, deadline: 0.2)
    end

    it "ends for Thread#raise, for Timeout with a class of its own, and for Thread#kill", :slow do
      expect(outcome_of(batch, :raise, stop)).to be(stop)
      expect(outcome_of(batch, :kill)).to be_nil
      expect { Timeout.timeout(0.6, stop) { batch.call_all(requests(3), concurrency: 1) } }.to raise_error(stop)
      expect(gateway.requests).to be_empty
    end
  end

  # Just before the answer is settled; it is settled once more, and then the charge fails.
  it "ends with the interrupt, and not with what goes wrong while that is pending" do
    gateway.answer("Hi", cost_usd: "0.25")
    budget.define_singleton_method(:charge!) { |_| raise IOError }
    configure
    held_off = 0
    allow(LlmRouter::Uninterrupted).to receive(:run).and_wrap_original do |run, *how, &work|
      # The first is its gate.
      Thread.current.raise(stop) if (held_off += 1) == 2
      run.call(*how, &work)
    end
    expect { ask_all(3, concurrency: 1) }.to raise_error(stop)
    expect([gateway.requests.size, held_off]).to match([1, be > 2])
  end

  describe "while the budget is checked" do
    # The block is the budget's +exhausted?+, and receives the queue in which to report that it was reached.
    def checking_batch
      @reached = reached = Thread::Queue.new
      configure
      budget.define_singleton_method(:exhausted?) { yield(reached) }
      described_class.new(budget: budget)
    end

    def timed_out(batch)
      seconds { expect { Timeout.timeout(0.2) { batch.call_all(requests(2)) } }.to raise_error(Timeout::Error) }
    end

    it "ends at once for Timeout and for Thread#kill" do
      batch = checking_batch { |reached| (reached << true) && Waiting.await_interrupt && false }
      expect(timed_out(batch)).to be < 20
      @reached.clear
      expect(seconds { expect(outcome_of(batch, :kill)).to be_nil }).to be < 20
    end

    it "ends at once where prices are waited for" do
      stub_const("LlmRouter::Prices::LOOKUP_TIMEOUT", 40.0)
      silent = TCPServer.new("127.0.0.1", 0)
      configure(base_url: "http://127.0.0.1:#{silent.addr[1]}/api/v1")
      expect(timed_out(described_class.new(budget: Support::ReservingBudget.new))).to be < 20
    ensure
      silent.close
    end

    it "ends for Thread#raise, and not with what the budget raises itself" do
      batch = checking_batch { |reached| (reached << true) && Waiting.await_interrupt && raise(IOError) }
      expect(outcome_of(batch, :raise, stop)).to be(stop)
    end

    it "does not end for a Timeout that the budget has of its own" do
      batch = checking_batch { Timeout.timeout(0.2) { Waiting.hang } }
      results = nil
      expect(seconds { results = batch.call_all(requests(2)) }).to be < 20
      expect(results.map(&:class)).to eq([Timeout::Error] * 2)
    end
  end
end
