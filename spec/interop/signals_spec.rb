# frozen_string_literal: true

# On the main thread, where traps run and Ctrl-C raises. In processes of their own.
RSpec.describe "A call and the signal handlers of its process", :slow do
  prelude = <<~RUBY
    require "fiddle"
    require "timeout"
    SIGACTION = Fiddle::Function.new(Fiddle.dlopen(nil)["sigaction"], [Fiddle::TYPE_INT] + [Fiddle::TYPE_VOIDP] * 2,
                                     Fiddle::TYPE_INT)
    # Of every signal, as the operating system has it, and what the thread blocks.
    def handlers
      actions = (1..64).map do |signal|
        action = Fiddle::Pointer.malloc(256, Fiddle::RUBY_FREE)
        action[0, 256] = "\\0" * 256
        SIGACTION.call(signal, nil, action)
        # The handler, the signals that it blocks and its flags. What the kernel does not know of, glibc leaves to chance.
        action[0, 16] + action[136, 4]
      end
      [actions, File.read("/proc/thread-self/status").scan(/^Sig(?:Blk|Ign|Cgt):.*/)]
    end
    BEFORE = Hash.new { |before, thread| before[thread] = handlers }
    SEEN = []
    def seen = SEEN << (handlers == BEFORE[Thread.current])
    BUDGET = Object.new
    def BUDGET.exhausted? = false
    def BUDGET.charge!(*) = raise(NotImplementedError)
    def BUDGET.reserve!(*, **) = seen
    def BUDGET.settle!(*) = seen
    def BUDGET.release!(*) = seen
    # The C library sets up a signal of its own with the first thread.
    Thread.new { nil }.join
    trap("USR1") { }
    trap("HUP", "IGNORE")
    def all = [LlmRouter.new(budget: BUDGET).call(messages: MESSAGES),
               *LlmRouter.new(budget: BUDGET).call_all([{ messages: MESSAGES }] * 2)]
    LlmRouter.configure { |config| config.price_ttl = nil }
    def calls
      BEFORE[Thread.current]
      yield
    rescue LlmRouter::Error, Timeout::Error, Interrupt
      nil
    ensure
      seen
    end
  RUBY

  # Whether all was as before each time that it looked.
  define_method(:looked) do |code, &while_it_runs|
    program("#{prelude}\n#{code}\nprint SEEN.uniq") do |io|
      while_it_runs&.call(io)
      io.read
    end
  end

  # Runs the code when the gateway has one request more.
  def looked_on_the_wire(code)
    request = gateway.requests.size + 1
    looked(code) { |io| gateway.await_requests(request, within: 60) && io.puts }
  end

  it "leaves every handler as it was before, during and after a call that is answered, on the main thread and others" do
    gateway.answer("Hi", cost_usd: "0.25")
    expect(looked("calls { all }; Thread.new { calls { all } }.join")).to eq("[true]")
  end

  it "does so where it fails, for Timeout, and for Thread#kill" do
    gateway.fail(status: 400)
    expect(looked("calls { all }")).to eq("[true]")
    gateway.hang
    expect(looked("calls { Timeout.timeout(0.5) { all } }")).to eq("[true]")
    expect(looked_on_the_wire("t = Thread.new { calls { all } }; $stdin.gets; t.kill; t.join")).to eq("[true]")
  end

  it "does so for Ctrl-C, wherever it comes: on the wire, and in the middle of a settlement" do
    gateway.hang
    expect(looked_on_the_wire("calls { Thread.new { $stdin.gets; Process.kill(:INT, $$) }; all }")).to eq("[true]")
    gateway.answer("Hi", cost_usd: "0.25")
    interrupted = "def BUDGET.settle!(*) = Process.kill(:INT, $$) && Waiting.await_interrupt"
    expect(looked("#{interrupted}\ncalls { all }")).to eq("[true]")
  end

  # As IRB does.
  it "lets a handler be taken out and put back" do
    gateway.answer("Hi", cost_usd: "0.25")
    expect(program(<<~RUBY, &:read)).to eq("DEFAULT, interrupted")
      ask
      old = trap("INT") { }
      print old
      trap("INT", old)
      begin
        Process.kill(:INT, Process.pid)
        Waiting.await_interrupt
      rescue Interrupt
        print ", interrupted"
      end
    RUBY
  end
end
