# frozen_string_literal: true

require "active_job"
require "global_id"
require_relative "article/app"

RSpec.describe LlmRouter::Job do
  # A record as far as a job is concerned: it can be found again by its id.
  record = Class.new do
    include GlobalID::Identification

    attr_reader :id, :ledger
    attr_accessor :broken

    delegate :exhausted?, :charges, to: :ledger

    @all = {}
    class << self
      attr_reader :all

      def name = "JobSpecBudget"
      def find(id) = all.fetch(id)
    end

    def initialize(id, ledger)
      @id = id
      @ledger = ledger
      self.class.all[id] = self
    end

    def charge!(cost) = broken ? raise(IOError, "the database is gone") : ledger.charge!(cost)
    def period_ends_at = Time.at(2_000_000_000)
  end

  let(:budget) { record.new("1", Support::Ledger.new) }
  let(:adapter) { ActiveJob::QueueAdapters::TestAdapter.new }
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

  def job_class(&settings)
    answers = self.answers
    Class.new(ApplicationJob) do
      include LlmRouter::Job
      define_method(:perform) do |budget|
        answers << LlmRouter.new(budget: budget).call(messages: Support::MESSAGES).content
      end
      class_eval(&settings) if settings
    end
  end

  def perform(after: 0)
    DraftJob.new(budget).tap { |draft| draft.executions = after }.perform_now
  end

  def waits
    adapter.enqueued_jobs.map { |enqueued| enqueued[:at] - Time.now.to_f }
  end

  it "tries a chain that failed again, later each time and no sooner than the models asked for" do
    gateway.fail(status: 503)
    perform
    perform(after: 3)
    expect(waits).to match([be_between(1, 5), be_between(250, 520)])
    gateway.fail(status: 429, retry_after: 3_000)
    perform
    expect(waits.last).to be_between(2_900, 3_010)
  end

  it "gives up on a chain after ten tries, and lets the queue know" do
    gateway.fail(status: 503)
    expect { perform(after: 9) }.to raise_error(LlmRouter::ChainExhausted)
    expect(adapter.enqueued_jobs).to be_empty
  end

  it "does not try a rejected request again, and says so" do
    gateway.fail(status: 400)
    perform
    expect(adapter.enqueued_jobs).to be_empty
    expect(log).to match(/ERROR.*DraftJob .* is discarded: .* rejected the request/)
  end

  describe "when the budget is exhausted" do
    before { allow(budget.ledger).to receive(:exhausted?).and_return(true) }

    it "waits for the end of the period" do
      perform
      expect(adapter.enqueued_jobs.map { |enqueued| enqueued[:at] }).to eq([2_000_000_000.0])
    end

    it "discards or raises where the class says so" do
      stub_const("DraftJob", job_class { on_budget_exceeded :discard })
      perform
      expect(adapter.enqueued_jobs).to be_empty
      stub_const("DraftJob", job_class { on_budget_exceeded :raise })
      expect { perform }.to raise_error(LlmRouter::BudgetExceeded)
    end

    it "knows no other policy" do
      expect { job_class { on_budget_exceeded :ignore } }.to raise_error(ArgumentError, /:retry_next_period, :discard/)
    end
  end

  it "hands over an answer whose charge failed, and makes the charge later, once, without asking again" do
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

  it "keeps trying to charge" do
    budget.broken = true
    LlmRouter::ChargeJob.perform_now(budget, "0.25")
    expect(adapter.enqueued_jobs.size).to eq(1)
  end

  it "never asks again for a charge that cannot travel, but says what is owed" do
    plain = Support::Ledger.new
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

  it "leaves charges outside of jobs alone" do
    budget.broken = true
    expect { LlmRouter.new(budget: budget).call(messages: Support::MESSAGES) }.to raise_error(LlmRouter::ChargeFailed)
  end
end
