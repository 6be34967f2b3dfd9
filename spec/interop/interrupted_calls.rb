# frozen_string_literal: true

# A program: calls that are each interrupted once, at a random moment. Prints as JSON what was charged and what is left.
# Arguments: how many, the gateway's address, a seed, and optionally "burst" (several interrupts at once), "batch"
# (several calls at once), "accept" (the caller judges its answers, and takes its time) or "hedge" (two attempts at
# once).
require "json"
require "llm_router"
require "timeout"
require_relative "recording_budget"

class InterruptedCalls
  # Raised in the calling thread by Thread#raise.
  class Raised < StandardError; end
  # Raised by a trap, which nothing defers. Like Ruby's own, it is no StandardError.
  class Trapped < SignalException; end

  KINDS = %i[timeout kill raise signal].freeze
  # Seconds, from before the request is sent to after the answer is there.
  MOMENTS = 0.0..0.02
  # Threads that are interrupted at the same time; signals reach the main thread only.
  CALLERS = 8
  INTERRUPT_TIMEOUT = 60
  RAISES_IN_A_BURST = 8
  CALLS_IN_A_BATCH = 4
  private_constant :KINDS, :MOMENTS, :CALLERS, :INTERRUPT_TIMEOUT, :RAISES_IN_A_BURST, :CALLS_IN_A_BATCH

  def initialize(count, seed, how)
    @count = count
    @random = Random.new(seed)
    @burst = how.include?("burst")
    @batch = how.include?("batch")
    @accept = { accept: ->(_) { sleep(moment / 2) } } if how.include?("accept")
    @budget = RecordingBudget.new
    @router = LlmRouter.new(budget: @budget)
    @delivered = Hash.new(0)
    @unexpected = []
    @lock = Mutex.new
  end

  def run
    # A first call opens what stays open, so that only what later calls leave counts.
    @router.call(messages: [{ role: "user", content: "first" }], max_tokens: 5)
    # Later Rubies keep a thread for Timeout from its first use on.
    Timeout.timeout(60) { nil }
    before = left
    work
    report(before)
  end

  private

  def work
    queue = Queue.new(Array.new(@count) { |index| KINDS[index % KINDS.size] } - [:signal]).close
    callers = Array.new(CALLERS) { Thread.new { while (kind = queue.pop) do interrupt(kind) end } }
    trap(:USR1) { raise Trapped, "USR1" }
    (@count / KINDS.size).times { signal }
    callers.each(&:join)
  end

  # The call, and then a wait, so that an interrupt that was too late for the call still arrives in here.
  def call
    request = { messages: [{ role: "user", content: "Hi" }], max_tokens: 5, **@accept.to_h }
    @batch ? calls(request) : @router.call(**request)
    sleep INTERRUPT_TIMEOUT
    note(:lost)
  rescue LlmRouter::Error => e
    unexpected(e)
  end

  def calls(request)
    results = @router.call_all([request] * CALLS_IN_A_BATCH)
    results.grep(StandardError) { |error| unexpected(error) }
  end

  def interrupt(kind)
    return timeout if kind == :timeout

    thread = Thread.new { call }
    thread.report_on_exception = false
    sleep(moment)
    interrupts(kind).each { |interrupt| interrupt.call(thread) }
    note(kind) if thread.join(INTERRUPT_TIMEOUT)
  rescue Raised
    note(kind)
  end

  def interrupts(kind)
    ways = { raise: ->(thread) { thread.raise(Raised) }, kill: :kill.to_proc }
    @burst ? [*([ways[:raise]] * RAISES_IN_A_BURST), ways[:kill]] : ways.values_at(kind)
  end

  def timeout
    Timeout.timeout(moment) { call }
  rescue Timeout::Error
    note(:timeout)
  end

  def signal
    at = moment
    sender = Thread.new { sleep(at) && Process.kill(:USR1, Process.pid) }
    call
  rescue Trapped
    note(:signal)
  ensure
    sender.join
  end

  def moment
    @lock.synchronize { @random.rand(MOMENTS) * (@batch ? CALLS_IN_A_BATCH / 2 : 1) }
  end

  def note(kind)
    @lock.synchronize { @delivered[kind] += 1 }
  end

  def unexpected(error)
    @lock.synchronize { @unexpected << "#{error.class}: #{error.message}" }
  end

  def left
    sleep 0.2
    3.times { GC.start }
    { fds: Dir.children("/proc/self/fd").size, threads: Thread.list.size,
      rss_kib: File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i }
  end

  def report(before)
    after = left
    { delivered: @delivered, unexpected: @unexpected, uncertain: @budget.uncertain, unended: @budget.unended,
      repeated: @budget.repeated, contradictory: @budget.contradictory,
      settled: @budget.settled.transform_values { |costs| costs.map { |cost| cost.to_s("F") } },
      before: before, after: after }
  end
end

if $PROGRAM_NAME == __FILE__
  count, url, seed, *how = ARGV
  LlmRouter.configure do |config|
    config.base_url = url
    config.api_key = "test-key"
    config.logger = nil
    config.price_ttl = nil
    config.same_vendor = :allow
    hedge = { after: 0.004, share: 1 } if how.include?("hedge")
    config.chain :default, ["initech/cheap", *("globex/middling" if hedge)], hedge: hedge
  end
  puts JSON.generate(InterruptedCalls.new(Integer(count), Integer(seed), how).run)
end
