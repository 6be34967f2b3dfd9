# frozen_string_literal: true

RSpec.describe LlmRouter, "and the GVL", :slow do
  it "lets another Ruby thread count while a call hangs" do
    gateway.hang
    configure
    thread = Thread.new { described_class.new(budget: budget).call(messages: Support::MESSAGES) }
    gateway.await_requests(1)
    count = 0
    counted = Thread.new { count += 1 while count < 200_000 }
    expect(counted.join(60)).to be(counted)
    expect(thread).to be_alive
  ensure
    thread&.kill&.join
  end

  # In processes of their own: other extensions that the specs load do not survive compaction.
  def calls_while(disturbance, count:)
    gateway.answer("Hello", cost_usd: "0.01")
    gateway.fail(Support::PRIMARY, status: 503, metadata: { reasons: [] })
    output_of(<<~RUBY, gateway.base_url)
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url = ARGV[0]
        config.api_key = "test-key"
        config.logger = nil
        config.chain :default, %w[#{Support::CHAIN.join(' ')}]
      end
      router = LlmRouter.new(budget: LlmRouter::Unlimited)
      #{disturbance} = true
      drafts = Array.new(#{count}) do
        Thread.new { router.call(messages: [{ role: "user", content: "Hi" }], temperature: 0.5, tools: []) }.value
      end
      print drafts.map { |draft| [draft.content, draft.cost_usd.to_s("F"), draft.fallback?, draft.raw.key?("choices")] }.tally.to_a
    RUBY
  end

  it "survives GC.stress" do
    expect(calls_while("GC.stress", count: 1)).to eq('[[["Hello", "0.01", true, true], 1]]')
  end

  it "survives compaction in the middle of calls" do
    expect(calls_while("GC.auto_compact", count: 40)).to eq('[[["Hello", "0.01", true, true], 40]]')
  end

  it "survives GC.compact while a budget settles and other threads are in calls" do
    gateway.answer("Hello", cost_usd: "0.01", delay: 0.01)
    expect(output_of_program(<<~RUBY)).to eq("100 100 0")
      require_relative "#{File.join(__dir__, 'recording_budget')}"
      LlmRouter.configure { |config| config.price_ttl = nil }
      budget = RecordingBudget.new
      router = LlmRouter.new(budget: budget)
      calls = Array.new(10) { Thread.new { Array.new(10) { router.call(messages: MESSAGES).content } } }
      GC.compact while calls.any?(&:alive?)
      print calls.flat_map(&:value).grep("Hello").size, " ", budget.settled.values.flatten.size, " ", budget.unended
    RUBY
  end

  it "starts no thread when it is loaded, and none for a call" do
    code = <<~RUBY
      before = Dir.children("/proc/self/task").size
      require "llm_router"
      puts Dir.children("/proc/self/task").size - before
    RUBY
    skip "needs /proc" unless File.directory?("/proc/self/task")
    expect(output_of(code)).to eq("0\n")
    gateway.answer("Hi")
    expect(output_of_program(<<~RUBY)).to eq("1")
      count = -> { Dir.children("/proc/self/task").size }
      print [count.call, *Array.new(2) { ask && count.call }].uniq.size
    RUBY
  end
end
