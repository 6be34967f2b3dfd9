# frozen_string_literal: true

require "English"

RSpec.describe "A thread that is started while money is booked" do
  ways = { "Thread.new" => "Thread.new { deaf }",
           "Thread.start" => "Thread.start { deaf }",
           "Thread.fork" => "Thread.fork { deaf }",
           "a class of its own" => "Class.new(Thread) { def initialize = super { deaf } }.new" }
  places = { "a budget" => "def budget.charge!(_) = START.call", "an observer" => "OBSERVE = true" }

  before { gateway.answer("Hi", cost_usd: "0.25") }

  # What it prints and whether it ended by itself: one that is deaf ends with SIGKILL alone.
  def run(code)
    io = program(code)
    watchdog = Thread.new { sleep(20) && Process.kill(:KILL, io.pid) }
    said = io.read
    io.close
    [said, $CHILD_STATUS.success?]
  ensure
    watchdog.kill
  end

  places.each do |place, set_up|
    ways.each do |way, start|
      it "ends with the process: #{way} in #{place}" do
        gateway.fail(Support::PRIMARY, status: 503)
        gateway.answer("Hi", Support::SECONDARY, cost_usd: "0.25")
        said = run(<<~RUBY)
          def deaf = loop { sleep(0.05) }
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

  it "gets what it was given, and what it comes to" do
    values = []
    started = lambda do |_cost|
      thread = Thread.new(1, key: 2) { |one, key:| [one, key, Thread.current[:mark]] }
      values << thread.value << Thread.start(3) { |three| three }.value
    end
    ledger = Support::Ledger.new
    ledger.define_singleton_method(:charge!, &started)
    configure
    LlmRouter.new(budget: ledger).call(messages: Support::MESSAGES)
    expect(values).to eq([[1, 2, nil], 3])
  end
end
