# frozen_string_literal: true

require_relative "helper"

RSpec.describe LlmRouter::RememberedAnswers, "in the table", database: :sqlite do
  include Remembering

  let(:budget) { Support::ChargingBudget.new }
  let(:row) { model.for(organization).tap { |made| made.update!(cap_usd: 5) } }

  before do
    with_secret
    gateway.answer("a secret answer", cost_usd: "0.01")
    stub_const("DraftJob", job_that)
    remember
  end

  def stored
    answers_table.pluck(:job_id)
  end

  it "are kept for a budget of two methods, and for none" do
    [budget, LlmRouter::Unlimited].each do |two|
      stub_const("DraftJob", job_that(budget: two))
      job = DraftJob.new
      kill_and_run(job) { expect(stored).to eq([job.job_id]) }
      expect([seen.last, stored]).to match([be_remembered, []])
      seen.clear
    end
    expect(budget.charges.size).to eq(1)
  end

  it "are kept once for several budgets, and charged to each" do
    app = model.for(nil).tap { |one| one.update!(cap_usd: 5) }
    stub_const("DraftJob", job_that(budget: [row, app, budget]))
    kill_and_run { expect(stored.size).to eq(1) }
    expect([spent(row), spent(app), budget.charges.sum]).to eq([usd("0.01")] * 3)
  end

  it "are encrypted" do
    die(DraftJob.new)
    expect(answers_table.pluck(:key, :answer).join).not_to match(/secret answer|claude-sonnet/)
  end

  it "raise a kind error if the table is not there, before anything is bought" do
    connection.rename_table(:llm_answers, :no_answers)
    expect do
      DraftJob.new.perform_now
    end.to raise_error(LlmRouter::Budget::TablesMissing, /llm_answers: no such table.*migrat/)
    expect(gateway.requests).to be_empty
  ensure
    connection.rename_table(:no_answers, :llm_answers)
  end

  it "are bought again if accept refuses them" do
    stub_const("DraftJob", job_that(accept: ->(response) { !response.remembered? }))
    kill_and_run
    expect([gateway.requests.size, seen.map(&:remembered?)]).to eq([2, [false, false]])
  end

  it "count in the record as remembered, without tokens and cost" do
    allow(LlmRouter::Environment).to receive(:name).and_return("production")
    remember(record_calls: true, allow_real_calls_in_test: true)
    stub_const("DraftJob", job_that(budget: row))
    kill_and_run
    flush
    counted = LlmRouter::CallRecord::Stat.model.pluck(:outcome, :calls, :prompt_tokens, :cost_usd)
    expect(counted).to contain_exactly(["answered", 1, 12, usd("0.01")], ["remembered", 1, 0, 0])
    expect(LlmRouter::Dashboard::Traffic.new("production").total(:day)).to have_attributes(calls: 2, errors: 0)
  end

  it "are deleted when their time is up, by whichever job ends next" do
    stub_const("DraftJob", job_that(budget: row))
    3.times { die(DraftJob.new) && seen.clear }
    LlmRouter::RememberedAnswers::Row.instance_variable_get(:@looked_at).clear
    travel(901) do
      seen << nil
      DraftJob.new.perform_now
    end
    expect(stored).to eq([])
  end

  it "cost no query unless the app says so" do
    remember(remember_answers: nil)
    stub_const("DraftJob", job_that(budget: row))
    expect(round_trips { die(DraftJob.new) }.grep(/llm_answers/)).to eq([])
  end
end
