# frozen_string_literal: true

require "active_job"
require "global_id"
require_relative "budget_helper"
require_relative "../support/article/app"

RSpec.describe "LlmRouter::Budget, in jobs", database: :sqlite do
  let(:adapter) { ActiveJob::QueueAdapters::TestAdapter.new }
  let(:budget) { model.for(organization).tap { |made| made.update!(cap_usd: 1) } }

  around do |example|
    GlobalID.app = "spec"
    BudgetTable::LlmBudget.include(GlobalID::Identification)
    example.run
  end

  before do
    stub_const("DraftJob", Class.new(ApplicationJob) do
      include LlmRouter::Job
      def perform(budget)
        chain = [{ model: Support::PRIMARY, timeout: 1 }, *Support::CHAIN.drop(1)]
        LlmRouter.new(chain: chain, budget: budget).call(messages: Support::MESSAGES, max_tokens: 50)
      end
    end)
    [DraftJob, LlmRouter::ChargeJob, LlmRouter::SettleJob].each { |job| job.queue_adapter = adapter }
    configure(price_ttl: nil) do |config|
      Support::CHAIN.each { |name| config.price name, prompt: "0", completion: "0.01" }
    end
  end

  def enqueued(job)
    adapter.enqueued_jobs.select { |one| one[:job] == job }
  end

  def perform_enqueued(job)
    jobs = enqueued(job)
    adapter.enqueued_jobs = adapter.enqueued_jobs - jobs
    jobs.each { |one| job.perform_now(*ActiveJob::Arguments.deserialize(one[:args])) }
  end

  def deliver_twice(job)
    arguments = ActiveJob::Arguments.deserialize(enqueued(job).first[:args])
    2.times { job.perform_now(*arguments) }
  end

  def differences
    LlmRouter::Budget::Audit.new(model).differences
  end

  # @return [Array<String>] the keys that are reserved under from now on
  def keys_of_reservations
    keys = []
    noting = lambda do |reserve, usd, **options|
      keys << options[:key]
      reserve.call(usd, **options)
    end
    allow(LlmRouter::Budget::Ledger).to receive(:new).and_wrap_original do |original, budgets|
      original.call(budgets).tap do |ledger|
        allow(ledger).to receive(:reserve!).and_wrap_original(&noting)
      end
    end
    keys
  end

  it "reserves under the job's id and the attempt's number, the same when it runs again" do
    gateway.answer("Hi", cost_usd: "0.1")
    gateway.fail(Support::PRIMARY, status: 503)
    keys = keys_of_reservations
    job = DraftJob.new(budget)
    2.times { job.perform_now }
    expect(keys).to eq(["#{job.job_id}/1", "#{job.job_id}/2"] * 2)
    expect(budget.charges.map(&:job_id).uniq).to eq([job.job_id])
    expect(spent(budget)).to eq(usd("0.2"))
  end

  # What ActiveJob::Continuable (Rails 8.1) and the gem job-iteration count.
  { resumptions: [0, 1, 2], cursor_position: [nil, 57, [58, "a"]] }.each do |name, places|
    it "names the attempts of a run that resumes by its #{name}: none is taken for one that was made before" do
      gateway.answer("Hi", cost_usd: "0.01")
      DraftJob.attr_accessor name
      keys = keys_of_reservations
      job = DraftJob.new(budget)
      (places + places).each do |place|
        job.public_send(:"#{name}=", place)
        job.perform_now
      end
      expect(keys.tally.values).to eq([2, 2, 2])
      expect(keys.first).to eq("#{job.job_id}/1")
      expect(keys).to all(match(%r{\A#{job.job_id}/(\h{12}/)?1\z}))
      expect(budget.charges.map(&:job_id).uniq).to eq([job.job_id])
    end
  end

  it "waits for the lease that a run of the same job left when it was killed, and has its answer then" do
    gateway.answer("Hi", cost_usd: "0.1")
    LlmRouter.configure { |config| config.on_uncertain = :release }
    job = DraftJob.new(budget)
    budget.reserve!("0.75", key: "#{job.job_id}/1")
    job.perform_now
    expect(adapter.enqueued_jobs.last[:at]).to be_between(Time.now.to_f, Time.now.to_f + 60)
    expect([spent(budget), gateway.requests.size]).to eq([0, 0])
    travel 91
    job.perform_now
    expect([spent(budget), budget.reserved_usd, differences]).to eq([usd("0.1"), 0, []])
  end

  it "looks up at the endpoint what an attempt cost that timed out, and settles it with that", :slow do
    gateway.answer("Hi", cost_usd: "0.1")
    gateway.stall(Support::PRIMARY, after: :headers)
    DraftJob.perform_now(budget)
    expect([spent(budget), budget.reserved_usd]).to eq([usd("0.1"), usd("0.5")])
    expect(budget.class::Reservation.first).to have_attributes(uncertain: true, generation_id: be_present)

    perform_enqueued(LlmRouter::SettleJob)
    expect(spent(budget)).to eq(usd("0.1"))
    expect(enqueued(LlmRouter::SettleJob).size).to eq(1), "it is not known yet, so another look-up is enqueued"
    gateway.generation(budget.class::Reservation.first.generation_id, cost_usd: "0.0625", native_tokens_prompt: 7)
    perform_enqueued(LlmRouter::SettleJob)
    expect([spent(budget), budget.reserved_usd, differences]).to eq([usd("0.1625"), 0, []])
    expect(budget.charges.last).to have_attributes(cost_usd: usd("0.0625"), prompt_tokens: 7, model: Support::PRIMARY)
  end

  it "settles once, though the job that found out the cost is delivered twice", :slow do
    gateway.answer("Hi", cost_usd: "0.1")
    gateway.stall(Support::PRIMARY, after: :headers, times: 1)
    DraftJob.perform_now(budget)
    gateway.generation(budget.class::Reservation.first.generation_id, cost_usd: "0.0625")
    deliver_twice(LlmRouter::SettleJob)
    expect([spent(budget), budget.reserved_usd, differences]).to eq([usd("0.1625"), 0, []])
  end

  it "corrects the estimate where that becomes known after the lease", :slow do
    gateway.answer("Hi", cost_usd: "0.1")
    gateway.stall(Support::PRIMARY, after: :body, times: 1)
    budget.update!(cap_usd: 2)
    DraftJob.perform_now(budget)
    id = budget.class::Reservation.first.generation_id
    travel 120
    DraftJob.perform_now(budget)
    expect(budget.charges.order(:id).map(&:kind)).to eq(%w[cost estimate cost])
    gateway.generation(id, cost_usd: "0.0625")
    deliver_twice(LlmRouter::SettleJob)
    expect([spent(budget), differences]).to eq([usd("0.2625"), []])
  end

  it "is tried again soon where only calls under way hold the money, and else in the next period" do
    budget.update!(period: "daily")
    held = budget.reserve!("0.75", key: "another")
    DraftJob.perform_now(budget)
    expect(adapter.enqueued_jobs.last[:at]).to be_between(Time.now.to_f, Time.now.to_f + 60)
    budget.settle!(held, "0.75")
    DraftJob.perform_now(budget)
    expect(Time.at(adapter.enqueued_jobs.last[:at]) - budget.period_ends_at).to be_between(0, 310)
  end

  it "ends the reservation with a charge that has to be made later" do
    gateway.answer("Hi", cost_usd: "0.1")
    broken = true
    allow(LlmRouter::Budget::Ledger).to receive(:new).and_wrap_original do |original, budgets|
      original.call(budgets).tap { |ledger| allow(ledger).to receive(:settle!).and_raise(IOError) if broken }
    end
    DraftJob.perform_now(budget)
    expect([spent(budget), budget.reserved_usd]).to eq([0, usd("0.5")])
    broken = false
    deliver_twice(LlmRouter::ChargeJob)
    expect([spent(budget), budget.reserved_usd, differences]).to eq([usd("0.1"), 0, []])
    expect(budget.charges.last.generation_id).to be_present
  end
end
