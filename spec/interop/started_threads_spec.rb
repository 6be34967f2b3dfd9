# frozen_string_literal: true

require "English"
require "timeout"

RSpec.describe "A thread that is started while a budget or an observer runs", :slow do
  ways = { "Thread.new" => "Thread.new { deaf }",
           "Thread.start" => "Thread.start { deaf }",
           "Thread.fork" => "Thread.fork { deaf }",
           "a class of its own" => "Class.new(Thread) { def initialize = super { deaf } }.new" }
  places = { "a budget" => "def budget.charge!(_) = START.call", "an observer" => "OBSERVE = true" }

  before { gateway.answer("Hi", cost_usd: "0.25") }

  # What it prints and whether it ended by itself: one that is deaf ends with SIGKILL alone.
  def run(code)
    io = program(code)
    said = Timeout.timeout(60) { io.read }
    io.close
    [said, $CHILD_STATUS.success?]
  rescue Timeout::Error
    Process.kill(:KILL, io.pid)
    io.close
    [:deaf, false]
  end

  places.each do |place, set_up|
    ways.each do |way, start|
      it "ends with the process: #{way} in #{place}" do
        gateway.fail(Support::PRIMARY, status: 503)
        gateway.answer("Hi", Support::SECONDARY, cost_usd: "0.25")
        said = run(<<~RUBY)
          def deaf = Waiting.hang
          START = -> { #{start} }
          budget = LlmRouter::Unlimited.dup
          #{set_up}
          LlmRouter.configure { |config| config.on_hop { START.call } } if defined?(OBSERVE)
          puts LlmRouter.new(budget: budget).call(messages: MESSAGES).content
        RUBY
        expect(said).to eq(["Hi\n", true])
      end
    end
  end

  it "is interrupted by Thread#raise, Thread#kill and Timeout, whenever it began" do
    said = run(<<~RUBY)
      require "timeout"
      budget = LlmRouter::Unlimited.dup
      STARTED = Queue.new
      HEARD = Queue.new
      def budget.charge!(_) = 3.times { STARTED << Thread.new { heard } }
      def heard
        Timeout.timeout(0.2) { Waiting.hang }
      rescue Timeout::Error
        begin
          HEARD << :timeout
          Waiting.hang
        rescue IOError => e
          HEARD << :raise
          Waiting.hang
        ensure
          $stdout.syswrite("\#{e.class} ")
        end
      end
      ask = -> { LlmRouter.new(budget: budget).call(messages: MESSAGES) }
      ask.call
      threads = Array.new(3) { STARTED.pop }
      3.times { HEARD.pop }
      threads.each { |thread| thread.raise(IOError) }
      3.times { HEARD.pop }
      threads.each(&:kill).each(&:join)
    RUBY
    expect(said).to eq(["IOError IOError IOError ", true])
  end

  it "defers what its maker defers itself" do
    said = run(<<~RUBY)
      ask
      LlmRouter::Uninterrupted.run { nil }
      BEGUN = Queue.new
      deferring = Thread.handle_interrupt(IOError => :never) do
        Thread.new do
          BEGUN << true
          Waiting.await_interrupt
          puts Thread.pending_interrupt?
        end
      end
      BEGUN.pop
      deferring.raise(IOError)
      deferring.join
    RUBY
    expect(said).to eq(["true\n", true])
  end

  # As Debian's ruby-logging and others do.
  wrapped = { "Thread#initialize" => <<~RUBY, "Thread.start and Thread.new" => <<~'STARTS' }
    class Thread
      alias_method :plain_initialize, :initialize
      ruby2_keywords def initialize(*arguments, &block)
        plain_initialize(*arguments) { |*given| block.call(*given) }
      end
    end
  RUBY
    class << Thread
      %i[new start fork].each do |name|
        alias_method :"plain_#{name}", name
        define_method(name) do |*arguments, &block|
          send(:"plain_#{name}", *arguments) { |*given| block.call(*given) }
        end
      end
    end
  STARTS

  wrapped.each do |what, code|
    it "starts beside a gem that wraps #{what}, whichever is loaded first" do
      ["#{code}ask\n", "ask\n#{code}"].each do |both|
        expect(run("#{both}ask\nputs Thread.new { :started }.value")).to eq(["started\n", true])
      end
    end
  end

  it "gets what it was given, and what it comes to" do
    values = []
    started = lambda do |_cost|
      thread = Thread.new(1, key: 2) { |one, key:| [one, key, Thread.current[:mark]] }
      values << thread.value << Thread.start(3) { |three| three }.value
    end
    ledger = Support::ChargingBudget.new
    ledger.define_singleton_method(:charge!, &started)
    configure
    LlmRouter.new(budget: ledger).call(messages: Support::MESSAGES)
    expect(values).to eq([[1, 2, nil], 3])
  end
end
