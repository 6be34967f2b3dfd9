# frozen_string_literal: true

require "active_job"
require "global_id"
require "tmpdir"
require "active_support/testing/time_helpers"
require_relative "../support/article/app"

RSpec.describe LlmRouter::Job do
  # A record as far as a job is concerned: it can be found again by its id.
  record = Class.new do
    include GlobalID::Identification

    attr_reader :id, :ledger
    attr_accessor :broken, :period_ends_at

    delegate :exhausted?, :charges, to: :ledger

    @all = {}
    class << self
      attr_reader :all

      def name = "JobSpecBudget"
      def find(id) = all.fetch(id)
      # How Rails from 8.2 on finds the records of jobs.
      def where(id:) = all.values_at(*id).compact
    end

    def initialize(id, ledger)
      @id = id
      @ledger = ledger
      @period_ends_at = Time.now + 3_600
      self.class.all[id] = self
    end

    def charge!(cost) = broken ? raise(IOError, "the database is gone") : ledger.charge!(cost)
  end

  # Knows how long each job is to wait, from the moment at which it was enqueued.
  timing = Class.new(ActiveJob::QueueAdapters::TestAdapter) do
    def self.name = superclass.name
    def waits = @waits ||= []

    def enqueue_at(job, timestamp)
      waits << (timestamp - Time.now.to_f)
      super
    end
  end

  let(:budget) { record.new("1", Support::ChargingBudget.new) }
  let(:adapter) { timing.new }
  let(:answers) { [] }
  let(:job) { job_class }

  around do |example|
    GlobalID.app = "spec"
    example.run
  end

  before do
    stub_const("JobSpecBudget", record)
    stub_const("DraftJob", job_class)
    [DraftJob, LlmRouter::ChargeJob].each { |job| job.queue_adapter = adapter }
    gateway.answer("Hi", cost_usd: "0.25")
    configure
  end

  def job_class(**options, &settings)
    answers = self.answers
    Class.new(ApplicationJob) do
      include LlmRouter::Job
      define_method(:perform) do |budget|
        answers << LlmRouter.new(budget: budget).call(messages: Support::MESSAGES, **options).content
      end
      class_eval(&settings) if settings
    end
  end

  def perform(failures: 0)
    job = DraftJob.new(budget)
    job.exception_executions = { "[LlmRouter::ChainExhausted]" => failures } if failures.positive?
    job.perform_now
  end

  # Performs a job, and then what came back to the queue, each time as the queue would hand it over.
  def perform_again(job, times)
    times.times do
      job.perform_now
      # The test adapter adds Symbols to what a queue has.
      queued = adapter.enqueued_jobs.shift.select { |key, _| key.is_a?(String) }
      job = ActiveJob::Base.deserialize(JSON.parse(JSON.generate(queued)))
    end
    job
  end

  def waits = adapter.waits

  it "retries a chain that failed, later each time and no sooner than the models' retry_after" do
    gateway.fail(status: 503)
    perform
    perform(failures: 3)
    expect(waits).to match([be_between(1, 5), be_between(250, 520)])
    gateway.fail(status: 429, retry_after: 3_000)
    perform
    expect(waits.last).to be_between(2_900, 3_010)
  end

  it "gives up on a chain that failed ten times, and lets the queue know" do
    gateway.fail(status: 503)
    job = perform_again(DraftJob.new(budget), 9)
    stopped = []
    listener = ->(*, payload) { stopped << payload[:error] }
    ActiveSupport::Notifications.subscribed(listener, "retry_stopped.active_job") do
      expect { job.perform_now }.to raise_error(LlmRouter::ChainExhausted)
    end
    expect(adapter.enqueued_jobs).to be_empty
    expect(stopped).to match([be_a(LlmRouter::ChainExhausted)])
  end

  it "does not count what ended its earlier runs otherwise: waits for the budget, interruptions, other errors" do
    allow(budget.ledger).to receive(:exhausted?).and_return(true)
    job = perform_again(DraftJob.new(budget), 9)
    job.executions += 9
    allow(budget.ledger).to receive(:exhausted?).and_return(false)
    gateway.fail(status: 503)
    perform_again(job, 1)
    expect(gateway.requests.size).to eq(3)
  end

  it "backs off by the failures of its kind alone" do
    gateway.fail(status: 503)
    DraftJob.new(budget).tap { |draft| draft.executions = 30 }.perform_now
    expect(waits).to match([be_between(1, 5)])
  end

  it "waits an hour at most, whatever a model's retry_after" do
    ["31536000", "86400", (Time.now.utc + 90_000).httpdate].each do |value|
      gateway.fail(status: 429, retry_after: value)
      perform
      expect(waits.last).to be_between(3_500, 3_660)
    end
  end

  it "is retried when the soonest model may answer: one without a retry_after may at any time" do
    gateway.fail(status: 503)
    gateway.fail(Support::PRIMARY, status: 429, retry_after: 86_400)
    perform
    gateway.fail(Support::SECONDARY, status: 429, retry_after: 1_200)
    perform
    gateway.fail(Support::FLOOR, status: 503, retry_after: 600)
    perform
    expect(waits).to match([be_between(1, 5), be_between(1, 5), be_between(590, 610)])
  end

  it "does not try a rejected request again, and says so" do
    gateway.fail(status: 400)
    perform
    expect(adapter.enqueued_jobs).to be_empty
    expect(log).to match(/ERROR.*DraftJob .* is discarded: .* rejected the request/)
  end

  describe "when the budget is exhausted" do
    before { allow(budget.ledger).to receive(:exhausted?).and_return(true) }

    def times
      adapter.enqueued_jobs.map { |enqueued| enqueued[:at] }
    end

    it "waits for the end of the period, and comes back some minutes after it, each job at a time of its own" do
      20.times { perform }
      ends_at = budget.period_ends_at.to_f
      expect(times).to all(be_between(ends_at, ends_at + 310))
      expect(times.map(&:to_i).uniq.size).to be > 10
    end

    it "says in Rails' log how long it waits" do
      logged = StringIO.new(+"")
      allow(ActiveJob::Base).to receive(:logger).and_return(Logger.new(logged))
      perform
      expect(logged.string[/Retrying DraftJob .*in (\d+) seconds/, 1].to_i).to be_between(3_500, 3_910)
    end

    it "does not wait for more than config.budget_wait, a day, but reports the job and discards it" do
      budget.period_ends_at = Time.now + 86_390
      perform
      budget.period_ends_at = Time.now + 86_410
      perform
      configure(budget_wait: 600)
      budget.period_ends_at = Time.now + 610
      perform
      expect(times).to match([be_between(Time.now.to_f + 86_300, Time.now.to_f + 86_700)])
      expect(log.scan(/ERROR.*DraftJob \h{8}-\S+ is discarded: the budget/).size).to eq(2)
    end

    it "takes the day for a day on which the clocks change" do
      zone = ActiveSupport::TimeZone["America/New_York"]
      allow(Time).to receive(:now).and_return(Time.at(zone.local(2026, 11, 1, 0, 10)))
      [zone.local(2026, 11, 2), Time.at(zone.local(2026, 11, 2)).utc].each do |ends_at|
        budget.period_ends_at = ends_at
        perform
      end
      seconds = 23.hours + 50.minutes + 1.hour
      expect(times).to match([be_between(Time.now.to_f + seconds, Time.now.to_f + seconds + 310)])
    end

    it "discards a job whose budget does not say when there is money again" do
      budget.period_ends_at = nil
      perform
      expect(adapter.enqueued_jobs).to be_empty
    end

    it "discards or raises where the class says so, or waits for longer or less long" do
      stub_const("DraftJob", job_class { on_budget_exceeded :discard })
      perform
      stub_const("DraftJob", job_class { on_budget_exceeded :retry_next_period, within: 3_000 })
      DraftJob.queue_adapter = adapter
      perform
      expect(adapter.enqueued_jobs).to be_empty
      stub_const("DraftJob", job_class { on_budget_exceeded :raise })
      expect { perform }.to raise_error(LlmRouter::BudgetExceeded)
      stub_const("DraftJob", Class.new(job_class { on_budget_exceeded :retry_next_period }))
      DraftJob.queue_adapter = adapter
      budget.period_ends_at = Time.now + (30 * 86_400)
      perform
      expect(adapter.enqueued_jobs.size).to eq(1)
    end

    it "knows no other policy" do
      expect { job_class { on_budget_exceeded :ignore } }.to raise_error(ArgumentError, /:retry_next_period, :discard/)
      expect { job_class { on_budget_exceeded :discard, within: 3 } }.to raise_error(ArgumentError, /does not wait/)
      expect { job_class { on_budget_exceeded :retry_next_period, within: "3" } }
        .to raise_error(LlmRouter::ConfigurationError, /within is "3": give seconds/)
    end
  end

  it "reports a job that it discards: to Rails.error, with an event, and to what waits for its end" do
    reported = []
    stub_const("Rails", Struct.new(:error).new(Object.new))
    Rails.error.define_singleton_method(:report) { |error, **details| reported << [error.class, details] }
    stub_const("DraftJob", job_class { define_method(:run_after_discard_procs) { |error| reported << error.class } })
    gateway.fail(status: 400)
    require "llm_router/notifications"
    LlmRouter.reset_configuration!
    configure
    events = []
    listener = ->(*, payload) { events << payload }
    job = DraftJob.new(budget)
    ActiveSupport::Notifications.subscribed(listener, "job_discarded.llm_router") { job.perform_now }
    details = { handled: true, context: { job: "DraftJob", job_id: job.job_id } }
    expect(reported).to eq([[LlmRouter::RequestRejected, details], LlmRouter::RequestRejected])
    expect(events).to match([{ job: "DraftJob", job_id: job.job_id, "error.type": "LlmRouter::RequestRejected",
                               message: /rejected/ }])
  end

  it "returns an answer whose charge failed, and charges it later, once, without another call" do
    budget.broken = true
    perform
    expect(answers).to eq(["Hi"])
    expect(adapter.enqueued_jobs.map { |enqueued| enqueued[:job] }).to eq([LlmRouter::ChargeJob])
    budget.broken = false
    arguments = ActiveJob::Arguments.deserialize(adapter.enqueued_jobs.first[:args])
    LlmRouter::ChargeJob.perform_now(*arguments)
    expect(budget.charges).to eq([BigDecimal("0.25")])
    expect(gateway.requests.size).to eq(1)
  end

  describe "a charge that is made later" do
    let(:charge) { LlmRouter::ChargeJob.new(budget, "0.25").serialize }

    before do
      budget.broken = true
      perform
      budget.broken = false
    end

    def deliver(payload = { **charge, "arguments" => adapter.enqueued_jobs.first[:args] })
      ActiveJob::Base.execute(payload)
    end

    it "is made once, though the job is delivered twice or enqueued anew by its queue" do
      2.times { deliver }
      LlmRouter::ChargeJob.perform_now(*ActiveJob::Arguments.deserialize(adapter.enqueued_jobs.first[:args]))
      expect(budget.charges).to eq([BigDecimal("0.25")])
    end

    it "is made once without an attempt, and each job makes its own" do
      2.times { deliver(charge) }
      expect(budget.charges).to eq([BigDecimal("0.25")])
      LlmRouter::ChargeJob.perform_now(budget, "0.25")
      expect(budget.charges.size).to eq(2)
    end

    it "is made once by two deliveries at the same time, of which the second is retried" do
      started = Queue.new
      finish = Queue.new
      allow(budget.ledger).to receive(:charge!).and_wrap_original do |original, cost|
        started << true
        finish.pop if budget.charges.empty? && Thread.current != Thread.main
        original.call(cost)
      end
      first = Thread.new { deliver }
      started.pop
      expect { deliver }.to change { adapter.enqueued_jobs.size }.by(1)
      finish << true
      first.join
      deliver
      expect(budget.charges).to eq([BigDecimal("0.25")])
    end

    it "is retried after an error of the budget" do
      budget.broken = true
      deliver
      budget.broken = false
      2.times { deliver }
      expect(budget.charges).to eq([BigDecimal("0.25")])
    end

    it "is made after all where the process that made it was killed: Rails.cache keeps the claim for a while" do
      extend ActiveSupport::Testing::TimeHelpers
      Dir.mktmpdir("llm_router") do |directory|
        stub_const("Rails", Struct.new(:cache).new(ActiveSupport::Cache::FileStore.new(directory)))
        allow(budget.ledger).to receive(:charge!) { Process.kill(:KILL, Process.pid) }
        Process.wait(fork { deliver })
        allow(budget.ledger).to receive(:charge!).and_call_original
        expect { deliver }.to change { adapter.enqueued_jobs.size }.by(1)
        expect(budget.charges).to be_empty
        travel LlmRouter::ChargeOnce::CLAIM_TIMEOUT + 1
        2.times { deliver }
        expect(budget.charges).to eq([BigDecimal("0.25")])
      end
    ensure
      travel_back
    end
  end

  it "keeps trying to charge" do
    budget.broken = true
    LlmRouter::ChargeJob.perform_now(budget, "0.25")
    expect(adapter.enqueued_jobs.size).to eq(1)
  end

  it "makes no second call for a charge that cannot be enqueued, but logs what is owed" do
    plain = Support::ChargingBudget.new
    def plain.charge!(_cost) = raise(IOError)
    DraftJob.new(plain).perform_now
    expect(adapter.enqueued_jobs).to be_empty
    expect(gateway.requests.size).to eq(1)
    expect(log).to match(/ERROR.*DraftJob .* is discarded: .*0.25 USD/)
  end

  it "gives way to the class's own retry_on and discard_on" do
    gateway.fail(status: 503)
    stub_const("DraftJob", job_class { discard_on LlmRouter::ChainExhausted })
    perform
    expect(adapter.enqueued_jobs).to be_empty
  end

  # A job that finds no answer good enough.
  def refusing_job(&)
    stub_const("DraftJob", job_class(accept: ->(_) { raise "no price" }, &)).queue_adapter = adapter
  end

  it "discards a job whose answers were all refused, as the next run would pay for others like them" do
    refusing_job
    gateway.empty(Support::FLOOR, finish_reason: "length", cost_usd: "0.25")
    perform
    expect([adapter.enqueued_jobs, budget.ledger.charges.size]).to eq([[], 3])
    expect(log).to match(/ERROR.*DraftJob .* is discarded: no answer of chain :default was accepted/)
  end

  it "retries it if a model failed or was not called, or if the class says so" do
    refusing_job
    gateway.fail(Support::PRIMARY, status: 503, times: 1)
    perform
    expect(adapter.enqueued_jobs.size).to eq(1)
    hops = %i[unacceptable switched_off].map { |reason| LlmRouter::Hop.new(model: "a/b", reason: reason) }
    error = LlmRouter::Unacceptable.new(hops: hops)
    expect(LlmRouter::JobPolicy.decide(error, DraftJob) { 1 }.action).to eq(:retry)
    refusing_job { retry_on LlmRouter::Unacceptable, attempts: 3 }
    perform
    expect(adapter.enqueued_jobs.size).to eq(2)
    refusing_job { discard_on LlmRouter::Unacceptable }
    gateway.fail(Support::PRIMARY, status: 503)
    perform
    expect(adapter.enqueued_jobs.size).to eq(2)
  end

  it "waits for the period where a refused answer left no money for the next model: it would be refused again" do
    refusing_job
    ledger = Support::ChargingBudget.new(cap: "0.25")
    DraftJob.new(record.new("2", ledger)).perform_now
    expect([waits, ledger.charges.size]).to match([[be_between(3_500, 3_920)], 1])
  end

  # What ActiveJob::Continuable of Rails 8.1 does after any error, once the job has advanced.
  it "takes a failed call from a continuation that would resume at once" do
    continuable = Module.new { def resume_job(_exception) = :resumed }
    continuable.prepend(LlmRouter::FrameworkInternals::Continuation)
    job = Class.new(DraftJob) { include continuable }.new(budget)
    error = LlmRouter::ChainExhausted.new
    [error, { exception: error }].each { |given| expect { job.send(:resume_job, given) }.to raise_error(error) }
    expect(job.send(:resume_job, IOError.new)).to eq(:resumed)
  end

  it "leaves charges outside of jobs alone" do
    budget.broken = true
    expect { LlmRouter.new(budget: budget).call(messages: Support::MESSAGES) }.to raise_error(LlmRouter::ChargeFailed)
  end
end
