# frozen_string_literal: true

require "async"
require "time"
require_relative "batch/batch_helper"

# What a call does until it makes a retry.
RSpec.describe LlmRouter, "and the wait before a retry" do
  include BatchHelper

  let(:reserving) { Support::ReservingBudget.new }

  def configure_retry(retries: 1, **settings)
    configure(same_vendor: :allow, price_ttl: nil, **settings) do |config|
      config.chain :default, [{ model: Support::PRIMARY, retries: retries }]
      yield config if block_given?
    end
  end

  # The first request fails with those headers; the later ones are answered. Returns when each came.
  def fails_with(status: 429, **headers)
    times = Queue.new
    gateway.respond(Support::PRIMARY) do
      times << Time.now
      next answer_of("Hi") if times.size > 1

      [status, headers.transform_keys { |name| name.to_s.tr("_", "-") }, "{}"]
    end
    times
  end

  # A call that waits for a minute before its retry, with its money reserved.
  def waiting_call(budget: reserving, **settings)
    gateway.fail(status: 503, retry_after: 60)
    configure_retry(max_wait: 100, **settings)
    router = self.router(budget: budget, deadline: 600)
    -> { router.call(messages: Support::MESSAGES) }
  end

  def await_the_wait
    eventually { reserving.operations.map(&:first) == %i[reserve release reserve] }
  end

  it "lasts until the date of a Retry-After" do
    date = Time.now.round + 2
    times = fails_with(retry_after: date.httpdate)
    configure_retry
    expect(ask.hops.map(&:status)).to eq([429])
    expect(times.size).to eq(2)
    expect(Array.new(2) { times.pop }.last).to be >= date
  end

  it "goes by Retry-After-Ms where there are both" do
    fails_with(retry_after: "60", retry_after_ms: "20")
    configure_retry
    expect(ask.content).to eq("Hi")
  end

  it "is that of a failure without one where it is past, zero, negative or no time at all" do
    ["Sun, 06 Nov 1994 08:49:37 GMT", "0", "-5", "soon", "", "NaN", "1e400", "1, 2"].each do |value|
      described_class.reset_health!
      fails_with(status: 503, retry_after: value)
      configure_retry
      expect(ask.hops.map(&:status)).to eq([503]), value
    end
  end

  it "is not begun for a Retry-After above max_wait, however it is said" do
    [{ retry_after: (Time.now + 60).httpdate }, { retry_after: "1e9" },
     { retry_after_ms: "3001" }, { retry_after: "1", retry_after_ms: "3001" }].each do |headers|
      described_class.reset_health!
      times = fails_with(**headers)
      configure_retry
      expect(failure_of { ask }.hops.map(&:status)).to eq([429]), headers.inspect
      expect(times.size).to eq(1)
    end
  end

  it "is not begun if it would last beyond the deadline" do
    times = fails_with(retry_after: "2")
    configure_retry
    expect(failure_of { router(deadline: 1.9).call(messages: Support::MESSAGES) })
      .to be_a(described_class::ChainExhausted)
    expect(times.size).to eq(1)
  end

  it "does not keep other calls waiting: they skip a model that cools down meanwhile, and go on" do
    gateway.answer("Hi", Support::SECONDARY)
    configure(price_ttl: nil, max_wait: 100) do |config|
      config.chain :default, [{ model: Support::PRIMARY, retries: 1 }, Support::SECONDARY]
    end
    gateway.fail(Support::PRIMARY, status: 429, retry_after: 60)
    waiting = Thread.new { router(budget: reserving, deadline: 600).call(messages: Support::MESSAGES) }
    await_the_wait
    expect(ask.hops.map(&:reason)).to eq([:cooling_down])
    waiting.kill.join
    expect(gateway.requests.map { |request| request.body["model"] }).to eq([Support::PRIMARY, Support::SECONDARY])
  end

  it "releases the money when the thread is killed" do
    thread = Thread.new(&waiting_call)
    await_the_wait
    thread.kill.join
    expect(reserving.operations.map(&:first)).to eq(%i[reserve release reserve release])
    expect(reserving.reserved_usd).to eq(0)
  end

  it "blocks its own fiber alone, and ends with it" do
    call = waiting_call
    Async do |task|
      waiting = task.async { call.call }
      eventually_in(task) { reserving.operations.size == 3 }
      gateway.reset!
      gateway.answer("Hi")
      described_class.reset_health!
      expect(ask.content).to eq("Hi")
      waiting.stop
    end.wait
    expect(reserving.operations.map(&:first)).to eq(%i[reserve release reserve release])
  end

  def eventually_in(task)
    task.sleep(0.01) until yield
  end

  %w[INT TERM].each do |signal|
    it "ends by SIG#{signal}, and nothing more is sent" do
      gateway.fail(status: 503, retry_after: 60)
      program = <<~RUBY
        LlmRouter.configure do |config|
          config.max_wait = 100
          config.on_hop { |hop| $stdout.syswrite("\#{hop.model}\\n") }
        end
        begin
          LlmRouter.new(budget: LlmRouter::Unlimited, deadline: 600, chain: ["a/b"]).call(messages: MESSAGES)
        rescue SignalException => e
          puts e.class
        end
      RUBY
      printed = program(program) do |io|
        first = io.gets
        Process.kill(signal, io.pid)
        first + io.read
      end
      expect(printed).to eq("a/b\n#{signal == 'INT' ? 'Interrupt' : 'SignalException'}\n")
      expect(gateway.requests.size).to eq(1)
    end
  end

  it "goes on in a process that forks meanwhile, whose child makes calls of its own" do
    gateway.answer("Hi")
    gateway.fail("a/b", status: 503, retry_after: 1, times: 1)
    printed = output_of_program(<<~RUBY)
      hops = Queue.new
      LlmRouter.configure do |config|
        config.cooldown_after = nil
        config.on_hop { |hop| hops << hop }
      end
      router = LlmRouter.new(budget: LlmRouter::Unlimited, chain: ["a/b"])
      call = -> { router.call(messages: MESSAGES).content }
      waiting = Thread.new(&call)
      puts hops.pop.reason
      $stdout.flush
      Process.wait(fork { $stdout.syswrite("child \#{call.call}\\n") && exit!(0) })
      puts "parent \#{waiting.value}"
    RUBY
    expect(printed).to eq("unavailable\nchild Hi\nparent Hi\n")
    expect(gateway.requests.size).to eq(3)
  end
end
