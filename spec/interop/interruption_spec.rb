# frozen_string_literal: true

require "timeout"

RSpec.describe LlmRouter, "and interruption" do
  def elapsed_since(moment)
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - moment
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # A thread in the middle of a call that hangs.
  def hanging_call
    gateway.hang
    configure
    thread = Thread.new { described_class.new(budget: budget).call(messages: Support::MESSAGES) }
    thread.report_on_exception = false
    gateway.await_requests(1)
    thread
  end

  # Far above the 100 ms that it takes, for the machine may be busy; below the call's 20 s.
  let(:soon) { 15 }

  it "ends for Timeout.timeout, and drops the request" do
    gateway.hang
    until_requested do |time|
      started = now
      expect { Timeout.timeout(time) { ask } }.to raise_error(Timeout::Error)
      expect(elapsed_since(started)).to be < time + soon
    end
    gateway.await_disconnect(within: soon)
    expect(budget.charges).to be_empty
  end

  it "ends for Thread#raise, and drops the request" do
    thread = hanging_call
    started = now
    thread.raise(IOError, "stop it")
    expect { thread.value }.to raise_error(IOError, "stop it")
    expect(elapsed_since(started)).to be < soon
    gateway.await_disconnect(within: soon)
  end

  it "ends for Thread#kill, and drops the request" do
    thread = hanging_call
    started = now
    thread.kill
    expect(thread.value).to be_nil
    expect(elapsed_since(started)).to be < soon
    gateway.await_disconnect(within: soon)
  end

  it "ends for Ctrl-C" do
    # RSpec has a handler of its own, which raises nothing.
    previous = trap(:INT, "DEFAULT")
    gateway.hang
    configure
    interrupter = Thread.new do
      gateway.await_requests(1)
      Process.kill(:INT, Process.pid)
      now
    end
    expect { ask }.to raise_error(Interrupt)
    expect(elapsed_since(interrupter.value)).to be < soon
    gateway.await_disconnect(within: soon)
  ensure
    trap(:INT, previous)
  end

  # The main thread, in a call, learns of a signal from a thread that sleeps. In a process of its own, for
  # there is one here.
  def trapped_with(other)
    gateway.hang
    code = <<~RUBY
      trap(:USR1) { raise IOError, "trapped" }
      begin
        #{other}
        ask
      rescue IOError => e
        print e.message
      end
    RUBY
    program(code) do |io|
      yield io
      started = now
      expect(io.read).to eq("trapped")
      expect(elapsed_since(started)).to be < soon
    end
  end

  it "ends for a trap that raises, though all other threads are in calls too", :slow do
    trapped_with("Thread.new { ask }.report_on_exception = false") do |io|
      gateway.await_requests(2)
      Process.kill(:USR1, io.pid)
    end
  end

  it "ends for a trap that raises, though the thread that sent the signal is gone", :slow do
    trapped_with("Thread.new { $stdin.gets && Process.kill(:USR1, Process.pid) }") do |io|
      gateway.await_requests(1)
      io.puts
    end
  end

  it "ends for a trap that raises, though another trap has started a thread meanwhile", :slow do
    trapped_with("trap(:USR2) { Thread.new { ask }.report_on_exception = false }") do |io|
      gateway.await_requests(1)
      Process.kill(:USR2, io.pid)
      gateway.await_requests(2)
      Process.kill(:USR1, io.pid)
    end
  end

  it "is not disturbed by a harmless signal" do
    caught = Queue.new
    previous = trap(:USR1) { caught << true }
    answer_after { eventually { !caught.empty? } }
    configure
    sender = Thread.new do
      gateway.await_requests(1)
      3.times { Process.kill(:USR1, Process.pid) }
    end
    expect(ask).to have_attributes(content: "Hi", fallback?: false)
    sender.join
    expect(gateway.requests.size).to eq(1)
  ensure
    trap(:USR1, previous || "DEFAULT")
  end

  it "charges an answer in hand before it lets an interrupt through" do
    gateway.answer("Hi", cost_usd: "0.25")
    started = Queue.new
    finished = Queue.new
    slow = Support::ChargingBudget.new
    slow.define_singleton_method(:charge!) do |cost|
      started << true
      Waiting.await_interrupt
      super(cost)
      finished << true
    end
    configure
    thread = Thread.new { described_class.new(budget: slow).call(messages: Support::MESSAGES) }
    thread.report_on_exception = false
    started.pop
    thread.raise(IOError, "in the middle of the charge")
    expect { thread.value }.to raise_error(IOError)
    expect(finished).not_to be_empty
    expect(slow.charges).to eq([BigDecimal("0.25")])
  end

  # On the main thread, where Ruby's own deferral does not hold before Ruby 3.4; in fresh processes, for what is only
  # looked up on first use may be the moment, too.
  describe "by Ctrl-C in the middle of" do
    before { gateway.answer("Hi", cost_usd: "0.25") }

    # Ends as soon as the signal has arrived, which a mask that holds shows as pending.
    let(:masked) do
      output_of(<<~RUBY, gateway.base_url) == "true"
        require "#{Waiting::FILE}"
        begin
          Thread.handle_interrupt(Object => :never) do
            Process.kill(:INT, Process.pid)
            Waiting.await_interrupt
            print true
          end
        rescue Interrupt
          nil
        end
      RUBY
    end

    def interrupted_in(methods)
      program(<<~RUBY, &:read)
        def act(name, interrupted)
          print name, " "
          return unless interrupted && !$interrupted

          $interrupted = true
          Process.kill(:INT, Process.pid)
          Waiting.await_interrupt
        end
        budget = Object.new
        def budget.exhausted? = false
        #{methods}
        LlmRouter.configure { |config| config.price_ttl = nil }
        begin
          LlmRouter.new(budget: budget).call(messages: MESSAGES)
        rescue Interrupt
          print "interrupted"
        end
      RUBY
    end

    def reserving(*names)
      methods = { reserve!: "(*, **)", settle!: "(*)", release!: "(*)", charge!: "(*)" }.map do |name, parameters|
        "def budget.#{name}#{parameters} = act(:#{name}, #{names.include?(name)})"
      end
      interrupted_in(methods.join("\n"))
    end

    it "a settlement: it is settled, once more where that was cut off, and then the interrupt is raised" do
      expect(reserving(:settle!)).to eq("reserve! settle! #{'settle! ' unless masked}interrupted")
    end

    it "a reservation: it stands until its lease ends where it was cut off", :slow do
      expect(reserving(:reserve!)).to eq("reserve! #{'release! ' if masked}interrupted")
    end

    it "a release: it is released, once more where that was cut off", :slow do
      gateway.fail(status: 400)
      expect(reserving(:release!)).to eq("reserve! release! #{'release! ' unless masked}interrupted")
    end

    # It has no identity.
    it "a charge of a budget with two methods: it is not made again", :slow do
      expect(interrupted_in("def budget.charge!(_) = act(:charge!, true)")).to eq("charge! interrupted")
    end
  end

  it "settles an answer whose interrupt came before its charge had begun" do
    gateway.answer("Hi", cost_usd: "0.25")
    configure
    early = TracePoint.new(:call) do |point|
      next unless point.method_id == :settle_answer

      early.disable
      raise Interrupt, "just now"
    end
    expect { early.enable { ask } }.to raise_error(Interrupt, "just now")
    expect(budget.charges).to eq([BigDecimal("0.25")])
  end

  it "loses no charge and makes none twice, whenever it is interrupted", :slow do
    gateway.answer("Hi", cost_usd: "0.25", delay: 0.002)
    configure
    shared = described_class.new(budget: budget)
    answers = Queue.new
    200.times do |index|
      thread = Thread.new { answers << shared.call(messages: Support::MESSAGES) }
      thread.report_on_exception = false
      sleep(0.0001 * (index % 60))
      index.even? ? thread.raise(IOError) : thread.kill
      thread.join rescue nil # rubocop:disable Style/RescueModifier
    end
    expect(budget.charges.size).to be_between(answers.size, gateway.requests.size)
    expect(budget.charges.sum).to be <= gateway.billed_usd
    expect(ask.content).to eq("Hi")
  end

  it "is not taken for the error of a listener" do
    gateway.answer("Hi")
    configure
    allow(LlmRouter.config.events).to receive(:event).and_wrap_original do |event, name, *details|
      Thread.current.raise(IOError, "just now") if name == "call"
      event.call(name, *details)
    end
    expect { ask }.to raise_error(IOError, "just now")
    expect(log).not_to include("a listener raised")
  end

  it "is itself, however early it comes" do
    gateway.answer("Hi")
    configure
    here = Thread.current
    early = TracePoint.new(:c_return) do |point|
      # Before Ruby 3.2 it sees the calls of all threads.
      next unless Thread.current == here && point.method_id == :clock_gettime
      next unless caller_locations(1..4).any? { |frame| frame.base_label == "call" }

      early.disable
      raise IOError, "just now"
    end
    expect { early.enable { ask } }.to raise_error(IOError, "just now")
  end

  # Where Active Record is not loaded, and only now and then on the way there.
  it "is not lost on the way to the wire", :slow do
    code = <<~RUBY
      require "llm_router"
      interrupt = Class.new(Exception)
      lost = 20.times.count do
        thread = Thread.new { loop { LlmRouter::DatabaseConnections.release } }
        thread.report_on_exception = false
        sleep(0.0005)
        thread.raise(interrupt)
        begin
          thread.join(60).nil? && thread.kill
        rescue interrupt
          false
        end
      end
      print lost
    RUBY
    expect(output_of(code)).to eq("0")
  end

  it "defers an interrupt as long as the caller does" do
    raised = Thread::Queue.new
    answer_after { raised.pop }
    configure
    answer = nil
    thread = Thread.new do
      Thread.handle_interrupt(IOError => :never) do
        answer = described_class.new(budget: budget).call(messages: Support::MESSAGES)
      end
    end
    thread.report_on_exception = false
    gateway.await_requests(1)
    thread.raise(IOError, "later, please")
    raised << true
    expect { thread.value }.to raise_error(IOError)
    expect(answer.content).to eq("Hi")
  end

  it "goes on with the next call after an interrupted one" do
    hanging_call.kill.join
    gateway.answer("Hi")
    expect(ask.content).to eq("Hi")
  end

  it "turns a panic into an exception that can be rescued", :slow do
    code = <<~RUBY
      $stderr.reopen(File::NULL) # where Rust prints the panic itself
      require "llm_router"
      begin
        LlmRouter::Native.panic("boo")
      rescue LlmRouter::InternalError => e
        print e.message
      end
    RUBY
    expect(output_of(code)).to include("the router panicked: boo", "report it")
  end

  it "lets a budget raise, throw and break out, and makes no further attempt" do
    gateway.answer("Hi", cost_usd: "1")
    configure
    throwing = Support::ChargingBudget.new
    throwing.define_singleton_method(:exhausted?) { throw :done, :thrown }
    caught = catch(:done) { described_class.new(budget: throwing).call(messages: Support::MESSAGES) }
    expect(caught).to eq(:thrown)
    throwing.define_singleton_method(:exhausted?) { raise IOError, "the database is gone" }
    expect { described_class.new(budget: throwing).call(messages: Support::MESSAGES) }.to raise_error(IOError)
    expect(gateway.requests).to be_empty
  end

  it "lets a budget call the router" do
    gateway.answer("Hi", cost_usd: "1")
    configure
    nested = Support::ChargingBudget.new
    nested.define_singleton_method(:charge!) do |cost|
      super(cost)
      LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES)
    end
    expect(described_class.new(budget: nested).call(messages: Support::MESSAGES).content).to eq("Hi")
    expect(gateway.requests.size).to eq(2)
  end
end
