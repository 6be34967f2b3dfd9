# frozen_string_literal: true

require "json"
require "timeout"
require_relative "echo_gateway"

RSpec.describe "A process that forks", :slow do
  before { skip "needs /proc" unless File.directory?("/proc/self/fd") }

  around { |example| EchoGateway.open(delay: 0.03) { |echo_gateway| (@echo_gateway = echo_gateway) && example.run } }

  attr_reader :echo_gateway

  # Instead of the gateway of the other specs, whose threads are this process's.
  def gateway = echo_gateway

  def prompts_of_each_connection
    echo_gateway.prompts_by_connection.map { |prompts| prompts.map { |prompt| prompt[/\A\d+/] || prompt }.uniq }
  end

  # In a group of its own, so that children that hang can be ended with it.
  def report_of(program, *arguments)
    command = [RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), File.join(__dir__, program), *arguments]
    IO.popen(command, pgroup: true) do |io|
      Timeout.timeout(600) { JSON.parse(io.read, symbolize_names: true) }
    rescue Timeout::Error
      Process.kill(:KILL, -io.pid)
      raise
    end
  end

  # FORKS=1000 for the long run.
  it "has children that call, while eight of its threads are in calls: none hangs, crashes or shares a connection" do
    report = report_of("forking_calls.rb", ENV.fetch("FORKS", "100"), echo_gateway.base_url)
    expect(report).to eq(failed: [], callers: 8)
    expect(prompts_of_each_connection.map(&:size)).to all(be <= 1)
    expect(echo_gateway.prompts_by_connection.flatten).to all(match(%r{\A\d+/\h+\z}))
    eventually { echo_gateway.open_connections.zero? }
  end

  it "starts no thread and opens nothing before its first call" do
    before = <<~RUBY
      %w[bigdecimal json logger monitor securerandom].each { |library| require library }
      SecureRandom.uuid
      look = -> { %w[task fd].map { |kind| Dir.children("/proc/self/\#{kind}") } }
      before = look.call
    RUBY
    after = "before.zip(look.call) { |was, is| p is - was }"
    expect(output_of(before + Support::PREAMBLE + after, echo_gateway.base_url)).to eq("[]\n[]\n")
  end

  it "leaves nothing of its connections to a program that it executes" do
    listed = output_of_program(<<~RUBY)
      ask
      sockets = Dir["/proc/self/fd/*"].count { |fd| File.exist?(fd) && File.socket?(fd) }
      puts "it has \#{sockets}"
      $stdout.flush
      exec("ls", "-l", "/proc/self/fd")
    RUBY
    expect(listed).to match(/\Ait has [3-9]/)
    expect(listed).not_to match(/socket:|eventpoll|eventfd/)
  end

  it "leaves no connection open in a child that outlives it" do
    child = Integer(output_of_program(<<~RUBY))
      Thread.new { ask } and ask
      child = fork { $stdout.reopen(File::NULL) && Waiting.hang }
      $stdout.syswrite(child)
      Process.kill(:KILL, Process.pid)
    RUBY
    eventually { echo_gateway.open_connections.zero? }
  ensure
    Process.kill(:KILL, child) if child
  end

  it "can do so as a daemon" do
    printed = output_of_program(<<~RUBY)
      def ask = ROUTER.call(messages: [{ role: "user", content: Process.pid.to_s }]).content
      ask
      Process.daemon(true, true)
      print Array.new(3) { ask } == [Process.pid.to_s] * 3
    RUBY
    expect(printed).to eq("true")
    expect(prompts_of_each_connection).to match([[/\A\d+\z/], [/\A\d+\z/]])
  end

  it "does so in the gem parallel" do
    printed = output_of_program(<<~RUBY)
      require "parallel"
      ask = ->(*) { ROUTER.call(messages: [{ role: "user", content: Process.pid.to_s }]).content == Process.pid.to_s }
      ask.call
      print Parallel.map(1..60, in_processes: 6, &ask).tally, ask.call
    RUBY
    expect(printed).to match(/\A\{true ?=> ?60\}true\z/)
    expect(prompts_of_each_connection).to have_attributes(size: 7).and all(have_attributes(size: 1))
  end

  # Forks in a trap, and prints what child and parent make of the call.
  forking_call = <<~RUBY
    require_relative "#{File.join(__dir__, 'recording_budget')}"
    budget = RecordingBudget.new
    trap(:USR1) { @child = fork || 0 }
    begin
      LlmRouter.new(budget: budget).call(messages: [{ role: "user", content: "slow" }])
    rescue LlmRouter::Error => e
      $stdout.syswrite("child: \#{e.message}, unended \#{budget.unended}\\n")
      exit!(@child)
    end
    Process.wait(@child)
    ended = [$?.exitstatus, budget.settled.values.flatten.size, budget.uncertain, budget.unended]
    $stdout.syswrite("parent: \#{ended.join(' ')}\\n")
  RUBY

  define_method(:printed_by_forking_call) do |settings, attempts:|
    program("LlmRouter.configure { |config| #{settings} }\n#{forking_call}") do |io|
      eventually { echo_gateway.prompts_by_connection.flatten.size == attempts }
      Process.kill(:USR1, io.pid)
      of_child = io.gets.to_s
      echo_gateway.answer_slow
      of_child + io.read
    end
  end

  it "continues its call where a trap forks, and raises in the child, whose call it is not" do
    printed = printed_by_forking_call("config.price_ttl = nil", attempts: 1)
    expect(printed).to match(/\Achild: .*in the middle of a call.*, unended 1\nparent: 0 1 0 0\n\z/)
    expect(echo_gateway.prompts_by_connection).to eq([["slow"]])
  end

  it "does so with both attempts of a call that hedges, which the child neither drops nor settles" do
    settings = "config.price_ttl = nil; config.chain(:default, #{Support::CHAIN.inspect}, hedge: { after: 0.05 })"
    expect(printed_by_forking_call(settings, attempts: 2))
      .to match(/\Achild: .*in the middle of a call.*, unended 2\nparent: 0 (1 1|2 0) 0\n\z/)
    expect(echo_gateway.prompts_by_connection).to eq([["slow"]] * 2)
  end
end
