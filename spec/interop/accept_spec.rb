# frozen_string_literal: true

require "timeout"

# The answer is paid for by the time that accept runs.
RSpec.describe LlmRouter, "and interrupts while accept runs" do
  let(:stop) { Class.new(StandardError) }
  let(:reached) { Thread::Queue.new }
  let(:unreturned) { [] }

  before do
    gateway.answer("Hi", cost_usd: "0.25")
    configure
    allow(LlmRouter::Telemetry).to receive(:new).and_wrap_original do |made, *known, **options|
      made.call(*known, **options).tap do |telemetry|
        allow(telemetry).to receive(:left).and_wrap_original do |left|
          unreturned.concat(telemetry.send(:costs_unreturned))
          left.call
        end
      end
    end
  end

  def calling(kind, accept)
    return router.call(messages: Support::MESSAGES, accept: accept) if kind == :call

    router.call_all([{ messages: Support::MESSAGES }] * 3, concurrency: 1, accept: accept)
  end

  # What ends a thread that is interrupted in accept.
  def outcome_of(kind, accept)
    thread = Thread.new { calling(kind, ->(response) { (reached << response) && accept.call }) }
    thread.report_on_exception = false
    reached.pop
    yield thread
    thread.join(60).value
  rescue stop => e
    e.class
  end

  # Ends by a Timeout while accept runs: one that is too soon for this machine is tried once more, with more time.
  def timed_out(kind, *error, &accept)
    [0.2, 1, 5, 25].each do |limit|
      [unreturned, budget.charges].each(&:clear)
      here = false
      Timeout.timeout(limit, *error) { calling(kind, ->(response) { (here = true) && accept.call(response) }) }
    rescue Timeout::Error, stop => e
      return e.class if here
    end
  end

  # One answer was bought, charged once, and its cost reported.
  def expect_one_charge
    expect(models_called.uniq).to eq([Support::PRIMARY])
    expect(budget.charges).to eq([BigDecimal("0.25")])
    expect(unreturned).to eq([[Support::PRIMARY, BigDecimal("0.25"), :billed]])
  end

  %i[call call_all].each do |kind|
    describe "in ##{kind}" do
      it "ends at once for Thread#kill" do
        expect(outcome_of(kind, -> { Waiting.hang }, &:kill)).to be_nil
        expect_one_charge
      end

      it "ends at once for an Interrupt" do
        expect { outcome_of(kind, -> { Waiting.hang }) { |thread| thread.raise(Interrupt) } }.to raise_error(Interrupt)
        expect_one_charge
      end

      it "ends at once for a Timeout" do
        expect(timed_out(kind) { Waiting.hang }).to be(Timeout::Error)
        expect_one_charge
      end

      it "ends for a throw" do
        expect(catch(:done) { calling(kind, ->(_) { throw(:done, "thrown") }) }).to eq("thrown")
        expect_one_charge
      end

      it "ends after accept for Thread#raise and for a Timeout with a class of its own, which are never refusals" do
        expect(outcome_of(kind, -> { Waiting.await_interrupt }) { |thread| thread.raise(stop) }).to be(stop)
        expect_one_charge
        expect(timed_out(kind, stop) { Waiting.await_interrupt && false }).to be(stop)
        expect_one_charge
      end

      it "ends for a Timeout of accept's own, which says nothing about the answer" do
        slow = ->(_) { Timeout.timeout(0.1) { Waiting.hang } }
        expect { calling(kind, slow) }.to raise_error(Timeout::Error)
        expect([models_called, budget.charges]).to eq([[Support::PRIMARY], [BigDecimal("0.25")]])
      end
    end
  end

  it "lets no other fiber of the thread run meanwhile, and goes on" do
    draft = nil
    Support::PlainScheduler.run { Fiber.schedule { draft = ask(accept: ->(_) { sleep(0.01) }) } }
    expect([draft.content, budget.charges]).to eq(["Hi", [BigDecimal("0.25")]])
  end

  it "runs accept where a thread that it starts can be interrupted" do
    inner = nil
    router.call(messages: Support::MESSAGES, accept: ->(_) { inner = Thread.new { Waiting.hang } })
    inner.report_on_exception = false
    inner.raise(stop)
    expect { inner.join(60) }.to raise_error(stop)
  end
end
