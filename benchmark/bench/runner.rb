# frozen_string_literal: true

require "json"

# A program: one client, one scenario, in a process of its own. Takes the job as JSON, checks every answer, and prints
# what it took as JSON.
class Runner
  LARGE = "The quick brown fox. " * 50_000
  COST = "0.00043705"
  SETTINGS = %i[timeout models cooldown database shared].freeze

  def initialize(job)
    @job = job
    @models = job.fetch(:models)
    @content = @models.first.start_with?("large/") ? LARGE : "Hello"
    @answers = 0
    @lock = Mutex.new
    @client = build(job.fetch(:client))
  end

  def run
    @job.fetch(:warm_up).times { check(@client.call(@models)) }
    GC.start
    before = state
    public_send(@job.fetch(:kind))
    took = state("VmHWM").to_h { |name, value| [name, value - before.fetch(name)] }
    puts JSON.generate({ **took, **@tail.to_h })
    check_charges
  end

  # So many calls, on so many threads.
  def calls
    each = @job.fetch(:calls) / @job.fetch(:threads)
    on_threads { each.times { check(@client.call(@models)) } }
  end

  # So many calls, each with its time. Beside those that answered, some requests are dropped, and charged all the same.
  def tail
    times = Queue.new
    each = @job.fetch(:calls) / @job.fetch(:threads)
    on_threads { each.times { times << timed } }
    sorted = Array.new(times.size) { times.pop }.sort
    @tail = { p50: sorted[@answers / 2], p99: sorted[(@answers * 0.99).ceil - 1], **beside_answers }
  end

  # As many calls as there are in so many seconds.
  def rate
    ends = now + @job.fetch(:seconds)
    computing = Thread.new { loop { Math.sqrt(2) } } if @job[:computing]
    on_threads { check(@client.call(@models)) while now < ends }
    computing&.kill
  end

  # All of them at once.
  def batch
    @client.call_all(@models, @job.fetch(:calls)).each { |answer| check(answer) }
  end

  private

  def build(name)
    require_relative "../clients/#{name}"
    Object.const_get(@job.fetch(:class)).new(@job.fetch(:url), **@job.slice(*SETTINGS))
  end

  def on_threads(&)
    return yield if @job.fetch(:threads) == 1

    Array.new(@job.fetch(:threads)) { Thread.new(&) }.each(&:join)
  end

  def beside_answers
    { requests: 1 + @client.extra.fdiv(@answers), paid: (@client.budgets.charged / (BigDecimal(COST) * @answers)).to_f }
  end

  def timed
    started = now
    check(@client.call(@models))
    now - started
  end

  def check((content, cost))
    right = content == @content && cost == @cost ||= BigDecimal(COST)
    raise "a wrong answer: #{content.inspect[0, 50]}, #{cost}" unless right

    @lock.synchronize { @answers += 1 }
  end

  def check_charges
    budgets = @client.budgets if @client.respond_to?(:budgets)
    return unless budgets && !@tail

    right = budgets.charged == BigDecimal(COST) * @answers && budgets.reserved_usd.zero?
    return if right

    raise "charged #{budgets.charged} USD for #{@answers} answers, and #{budgets.reserved_usd} USD still reserved"
  end

  def state(memory = "VmRSS")
    cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    { calls: @answers, cpu: cpu, wall: now, memory_kib: rss(memory) }
  end

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  def rss(name) = File.read("/proc/self/status")[/^#{name}:\s+(\d+)/, 1].to_i
end

Runner.new(JSON.parse(ARGV.fetch(0), symbolize_names: true)).run
