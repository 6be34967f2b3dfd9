# frozen_string_literal: true

require "sidekiq/api"
require "tempfile"
require_relative "../../../demo/redis"
require_relative "workers"

# A real Sidekiq, in a process of its own, on a Redis of its own.
RSpec.describe LlmRouter::SidekiqWorker, :slow do
  program = File.expand_path("workers.rb", __dir__)
  library = File.expand_path("../../../lib", __dir__)

  before(:context) do
    Sidekiq.logger.level = Logger::FATAL
    @log = Tempfile.new("sidekiq")
    @own = Fiber.new { OwnRedis.run { |url| Fiber.yield url } }
    @redis = @own.resume
    Sidekiq.configure_client { |config| config.redis = { url: @redis } }
    @sidekiq = start(program, library)
  end

  after(:context) do
    stop(@sidekiq) if @sidekiq
    @own.resume
    @log.close!
  end

  before do
    Sidekiq.redis(&:flushdb)
    @log.truncate(0)
    gateway.answer("Hi", cost_usd: "0.25")
    SharedState[:gateway] = gateway.base_url
  end

  def start(program, library, *options)
    command = [RbConfig.ruby, "-I", library, "-S", "sidekiq", "-r", program, "-c", "1", "-q", "default", *options]
    spawn({ "REDIS_URL" => @redis }, *command, out: [@log.path, "a"], err: %i[child out])
  end

  def stop(pid)
    Process.kill(:TERM, pid)
    Process.wait(pid)
  end

  def logged
    File.read(@log.path)
  end

  # An error quotes Sidekiq's log.
  def eventually(**options, &)
    super(failure: method(:logged), **options, &)
  end

  def retries = Sidekiq::RetrySet.new
  def scheduled = Sidekiq::ScheduledSet.new

  # The one job in the set, once it is there.
  def only(set)
    eventually { set.size.positive? }
    expect([retries, scheduled, Sidekiq::Queue.new, Sidekiq::DeadSet.new].sum(&:size)).to eq(1)
    set.first
  end

  # Seconds from now, and for a retry from when the job failed, in milliseconds from Sidekiq 8 on.
  def waits(job)
    failed_at = (job["retried_at"] || job["failed_at"]).to_f
    failed_at /= 1000 if failed_at > 1e11
    job.at.to_f - (failed_at.positive? ? failed_at : Time.now.to_f)
  end

  it "answers, and charges" do
    DraftWorker.perform_async("RedisBudget")
    eventually { SharedState.list(:answers).any? }
    expect(SharedState.list(:charges)).to eq(["0.25"])
  end

  it "is retried after a chain failed: ever later, and no sooner than the soonest model may answer" do
    gateway.fail(status: 503)
    DraftWorker.perform_async("RedisBudget")
    expect(waits(only(retries))).to be_between(3, 15)
    retries.each(&:add_to_queue)
    eventually { gateway.requests.size == 4 }
    expect(waits(only(retries))).to be_between(18, 70)
    gateway.fail(status: 429, retry_after: 86_400)
    retries.each(&:add_to_queue)
    eventually { gateway.requests.size == 6 }
    expect(waits(only(retries))).to be_between(3_500, 3_700)
  end

  it "is dead after ten failures, and says so; a class may say more" do
    gateway.fail(status: 503)
    expect(DraftWorker.get_sidekiq_options).to include("retry" => 9)
    expect(RetryNextPeriodWorker.get_sidekiq_options).to include("retry" => 25)
    DraftWorker.perform_async("RedisBudget")
    expect(only(retries).item["retry"]).to eq(9)
    DraftWorker.client_push(only(retries).tap(&:delete).item.merge("retry_count" => 8))
    only(Sidekiq::DeadSet.new)
    expect(logged).to match(/\[llm\] DraftWorker \h{24} gives up: no model of chain :default answered/)
  end

  it "is reported and not retried where the request is rejected" do
    gateway.fail(status: 400)
    DraftWorker.perform_async("RedisBudget")
    eventually { logged =~ /\[llm\] DraftWorker \h{24} is discarded: .* rejected the request/ }
    expect([retries, scheduled, Sidekiq::Queue.new, Sidekiq::DeadSet.new].map(&:size)).to eq([0, 0, 0, 0])
  end

  it "waits for the end of its budget's period as the same job, which is no retry" do
    SharedState[:exhausted] = true
    SharedState[:period_ends_at] = Time.now.to_i + 3_600
    jid = DraftWorker.set(queue: "default", tags: ["a tag"]).perform_async("RedisBudget", "7")
    job = only(scheduled)
    expect(waits(job)).to be_between(3_500, 3_910)
    expect(job.item).to include("jid" => jid, "args" => %w[RedisBudget 7], "tags" => ["a tag"])
    expect(job.item).not_to include("retry_count")
    SharedState[:exhausted] = false
    job.add_to_queue
    eventually { SharedState.list(:answers).any? }
  end

  it "is discarded where that is too far away; a class may say otherwise" do
    SharedState[:exhausted] = true
    SharedState[:period_ends_at] = Time.now.to_i + (3 * 86_400)
    DraftWorker.perform_async("RedisBudget")
    eventually { logged =~ /\[llm\] DraftWorker \h{24} is discarded: the budget is exhausted/ }
    RetryNextPeriodWorker.perform_async("RedisBudget")
    expect(waits(only(scheduled))).to be_between((3 * 86_400) - 60, (3 * 86_400) + 310)
    scheduled.clear
    RaisingWorker.perform_async("RedisBudget")
    expect(only(retries).item["error_class"]).to eq("LlmRouter::BudgetExceeded")
  end

  it "leaves to the class's own sidekiq_retry_in what that decides, and to Sidekiq what is no failed call" do
    SharedState[:raise] = "KeyError"
    RetryNextPeriodWorker.perform_async("RedisBudget")
    expect(waits(only(retries))).to be_between(6_990, 7_020)
  end

  it "reserves under its jid and the attempt's number, the same when it is retried" do
    gateway.fail(status: 503, times: 4)
    jid = DraftWorker.perform_async("ReservingRedisBudget")
    only(retries)
    retries.each(&:add_to_queue)
    only(retries)
    expect(SharedState.list(:keys)).to eq(["#{jid}/1", "#{jid}/2"] * 2)
  end

  it "names the attempts of a run that resumes by where that began: none is taken for one that was made before" do
    skip "this Sidekiq has no IterableJob" unless Sidekiq.const_defined?(:IterableJob)
    jid = EachWorker.perform_async("ReservingRedisBudget")
    only(retries)
    retries.each(&:add_to_queue)
    eventually { SharedState.list(:keys).size == 3 }
    keys = SharedState.list(:keys)
    expect(keys.uniq.size).to eq(3)
    expect(keys).to all(match(%r{\A#{jid}/\h{12}/[12]\z}))
  end

  it "hands over an answer whose charge failed, and makes the charge later, without another call" do
    SharedState[:broken] = true
    DraftWorker.perform_async("RedisBudget", "7")
    charge = only(retries)
    expect(SharedState.list(:answers)).to eq(["Hi"])
    expect(charge.klass).to eq("LlmRouter::SidekiqWorker::ChargeWorker")
    SharedState[:broken] = false
    charge.retry
    eventually { SharedState.list(:charges).any? }
    expect(SharedState.list(:charges)).to eq(["0.25"])
    expect(gateway.requests.size).to eq(1)
  end

  it "is pushed back by a shutdown that ends its call" do
    gateway.hang
    DraftWorker.set(queue: "other").perform_async("RedisBudget")
    pid = start(program, library, "-q", "other", "-t", "1")
    gateway.await_requests(1, within: 60)
    stop(pid)
    gateway.await_disconnect
    expect(Sidekiq::Queue.new("other").map(&:klass)).to eq(["DraftWorker"])
  ensure
    Sidekiq::Queue.new("other").clear
  end

  describe "included where it does not belong" do
    let(:for_active_job) { /for Active Job; for a Sidekiq worker include LlmRouter::SidekiqWorker/ }

    it "says which module is meant" do
      [Sidekiq::Worker, Sidekiq::Job, Kernel].each do |queue|
        expect { Class.new { include queue, LlmRouter::Job } }.to raise_error(ArgumentError, for_active_job)
      end
      expect { Module.new { include LlmRouter::Job } }.to raise_error(ArgumentError, for_active_job)
      require "active_job"
      expect { Class.new(ActiveJob::Base) { include LlmRouter::SidekiqWorker } }
        .to raise_error(ArgumentError, /for Active Job include LlmRouter::Job/)
    end

    it "says so without Active Job, too, and needs neither that nor Rails itself" do
      code = <<~RUBY
        def require(name) = name == "active_job" ? raise(LoadError, name) : super
        require "sidekiq"
        require "llm_router"
        class Worker
          include LlmRouter::SidekiqWorker
          include Sidekiq::Worker
        end
        begin
          Class.new { include LlmRouter::Job }
        rescue LoadError => e
          puts e.message
        end
        puts Worker.get_sidekiq_options["retry"], defined?(ActiveSupport).inspect
      RUBY
      expect(output_of(code)).to match(/#{for_active_job}\n9\nnil\n\z/)
    end

    it "says that Sidekiq is missing" do
      code = 'require "llm_router"; begin; Class.new { include LlmRouter::SidekiqWorker }; ' \
             "rescue ArgumentError => e; print e.message; end"
      expect(output_of(code)).to include('needs Sidekiq: require "sidekiq" first')
    end
  end
end
