# frozen_string_literal: true

require "active_job"
require "global_id"
require_relative "../record/record_helper"
require_relative "../support/article/app"

RSpec.describe "LlmRouter::SettleJob, for an attempt that two budgets pay for", database: :sqlite do
  let(:adapter) { ActiveJob::QueueAdapters::TestAdapter.new }
  let(:budgets) { [nil, organization].map { |owner| model.for(owner).tap { |row| row.update!(cap_usd: 1) } } }

  before do
    LlmRouter::SettleJob.queue_adapter = adapter
    record(price_ttl: nil)
    gateway.generation("gen-1", cost_usd: "0.0625")
    attempt = LlmRouter::Attempt.new(model: Support::PRIMARY, endpoint: "openrouter", generation_id: "gen-1")
    LlmRouter::SettleJob.enqueue_for(LlmRouter::Budgets.new(budgets), attempt)
  end

  # Performs the jobs, the second between the first's look-up and its charge where that is said.
  def perform(at_once: false)
    first, second = adapter.enqueued_jobs.map do |job|
      -> { LlmRouter::SettleJob.perform_now(*ActiveJob::Arguments.deserialize(job[:args])) }
    end
    budget = budgets.first
    allow_any_instance_of(model).to receive(:charge!).and_wrap_original do |charge, *cost, **attempt|
      second.call if at_once && charge.receiver == budget
      charge.call(*cost, **attempt)
    end
    first.call
    second.call unless at_once
  end

  [false, true].each do |at_once|
    it "charges each, and counts in the record once, if its jobs run #{at_once ? 'at once' : 'one after the other'}" do
      perform(at_once: at_once)
      expect(budgets.map { |row| spent(row) }).to eq([usd("0.0625")] * 2)
      expect(sum(:charged_usd)).to eq(usd("0.0625"))
    end
  end

  it "counts nothing again if a job is delivered twice" do
    2.times { perform }
    expect([budgets.sum { |row| spent(row) }, sum(:charged_usd)]).to eq([usd("0.125"), usd("0.0625")])
  end
end
