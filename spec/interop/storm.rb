# frozen_string_literal: true

# A program: so many calls, each interrupted once, at a moment that chance picks. What is left prints as
# JSON. Arguments: how many, the gateway's address, a seed, and what else: "burst" for several interrupts at
# once, "batch" for several calls.
require "json"
require "llm_router"
require "timeout"
require_relative "till"

class Storm
  # Is raised in the thread that calls.
  class Gust < StandardError; end
  # What a trap raises there, which nothing defers. As Ruby's own do, it raises no StandardError.
  class Signal < SignalException; end

  KINDS = %i[timeout kill raise signal].freeze
  # Seconds, from before the request is sent to after the answer is there.
  MOMENTS = 0.0..0.02
  # Threads that are interrupted at the same time. A signal reaches the main thread only.
  CREW = 8
  PATIENCE = 20
  # Raises, before a kill.
  BURST = 8
  # Calls at once.
  BATCH = 4
  private_constant :KINDS, :MOMENTS, :CREW, :PATIENCE, :BURST, :BATCH

  def initialize(count, seed, how)
    @count = count
    @random = Random.new(seed)
    @burst = how.include?("burst")
    @batch = how.include?("batch")
    @till = Till.new
    @router = LlmRouter.new(budget: @till)
    @delivered = Hash.new(0)
    @strays = []
    @lock = Mutex.new
  end

  def run
    # A first call opens what stays open: this is what is compared with.
    @router.call(messages: [{ role: "user", content: "first" }], max_tokens: 5)
    # Later Rubies keep a thread for Timeout from its first use on.
    Timeout.timeout(1) { nil }
    before = left
    work
    report(before)
  end

  private

  def work
    queue = Queue.new(Array.new(@count) { |index| KINDS[index % KINDS.size] } - [:signal]).close
    crew = Array.new(CREW) { Thread.new { while (kind = queue.pop) do strike(kind) end } }
    trap(:USR1) { raise Signal, "USR1" }
    (@count / KINDS.size).times { signal }
    crew.each(&:join)
  end

  # The call, and a wait in which whatever came too late for it arrives.
  def call
    request = { messages: [{ role: "user", content: "Hi" }], max_tokens: 5 }
    @batch ? calls(request) : @router.call(**request)
    sleep PATIENCE
    note(:lost)
  rescue LlmRouter::Error => e
    stray(e)
  end

  def calls(request)
    results = @router.call_all([request] * BATCH)
    results.grep(StandardError) { |error| stray(error) }
  end

  def strike(kind)
    return timeout if kind == :timeout

    thread = Thread.new { call }
    thread.report_on_exception = false
    sleep(moment)
    blows(kind).each { |blow| blow.call(thread) }
    note(kind) if thread.join(PATIENCE)
  rescue Gust
    note(kind)
  end

  def blows(kind)
    blows = { raise: ->(thread) { thread.raise(Gust) }, kill: :kill.to_proc }
    @burst ? [*([blows[:raise]] * BURST), blows[:kill]] : blows.values_at(kind)
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
  rescue Signal
    note(:signal)
  ensure
    sender.join
  end

  def moment
    @lock.synchronize { @random.rand(MOMENTS) * (@batch ? BATCH / 2 : 1) }
  end

  def note(kind)
    @lock.synchronize { @delivered[kind] += 1 }
  end

  def stray(error)
    @lock.synchronize { @strays << "#{error.class}: #{error.message}" }
  end

  def left
    sleep 0.2
    3.times { GC.start }
    { fds: Dir.children("/proc/self/fd").size, threads: Thread.list.size,
      rss_kib: File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i }
  end

  def report(before)
    after = left
    { delivered: @delivered, strays: @strays, uncertain: @till.uncertain, held: @till.held,
      repeated: @till.repeated, contradictory: @till.contradictory,
      settled: @till.settled.transform_values { |costs| costs.map { |cost| cost.to_s("F") } },
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
    config.chain :default, %w[initech/cheap]
  end
  puts JSON.generate(Storm.new(Integer(count), Integer(seed), how).run)
end
