# frozen_string_literal: true

require "active_job"
require_relative "../support/article/app"

# An answer that was paid for and says nothing: max_tokens or a filter ended it first.
RSpec.describe LlmRouter, "and blank answers" do
  before { gateway.answer("Hi", cost_usd: "0.02") }

  %w[length content_filter].each do |finish_reason|
    it "falls through a blank answer that ended with #{finish_reason}, and charges it" do
      gateway.empty(Support::PRIMARY, finish_reason: finish_reason, cost_usd: "0.01")
      draft = ask
      expect(draft).to have_attributes(content: "Hi", model: Support::SECONDARY)
      expect(draft.hops.first).to have_attributes(reason: :blank, status: 200, cost_usd: BigDecimal("0.01"),
                                                  message: /#{finish_reason}/, attempted?: true)
      expect(budget.charges).to eq([BigDecimal("0.01"), BigDecimal("0.02")])
    end
  end

  it "takes no blank answer for a sign that the model is down" do
    gateway.empty(Support::PRIMARY, finish_reason: "length")
    expect(Array.new(5) { reasons(ask.hops) }).to all(eq([:blank]))
    known = described_class.health.find { |health| health.model == Support::PRIMARY }
    expect(known).to have_attributes(attempts: 5, consecutive_failures: 0, state: :up)
  end

  it "still takes an empty answer that ended by itself for one" do
    gateway.empty(Support::PRIMARY)
    expect(Array.new(4) { reasons(ask.hops) }).to eq(([[:bad_answer]] * 3) + [[:cooling_down]])
  end

  it "gives the answer that max_tokens cut short, where it says something" do
    gateway.answer("Dear", finish_reason: "length")
    expect(ask).to have_attributes(content: "Dear", hops: [])
  end

  it "ends in an error of its own where all say nothing: the same request would buy the same again" do
    gateway.empty(finish_reason: "length", cost_usd: "0.01")
    error = failure_of { ask }
    expect(error).to be_a(described_class::NothingSaid).and be_a(described_class::RequestRejected)
    expect(error).to have_attributes(status: 200, model: Support::FLOOR, body: nil)
    expect(reasons(error.hops)).to eq(%i[blank] * 3)
    expect(error.message).to include("#{Support::PRIMARY}: blank (200)", "raise max_tokens")
    expect(budget.charges).to eq([BigDecimal("0.01")] * 3)
  end

  it "gives each request of a batch that error by itself" do
    gateway.respond do |request|
      content, finish_reason = request.messages.last["content"] == "1" ? ["", "length"] : %w[Hi stop]
      [200, {}, JSON.generate(choices: [{ message: { content: content }, finish_reason: finish_reason }])]
    end
    requests = Array.new(3) { |number| { messages: [{ role: "user", content: number.to_s }] } }
    expect(router.call_all(requests).map(&:class))
      .to eq([LlmRouter::Response, described_class::NothingSaid, LlmRouter::Response])
  end

  [403, 404].each do |status|
    it "ends in the same error where the others said #{status}, which does not pass" do
      gateway.empty(finish_reason: "length")
      gateway.fail(Support::PRIMARY, status: status)
      expect(failure_of { ask }).to be_a(described_class::NothingSaid)
    end
  end

  it "ends as any chain does where another model may answer later" do
    gateway.empty(finish_reason: "length")
    gateway.fail(Support::SECONDARY, status: 503)
    expect(failure_of { ask }).to be_a(described_class::ChainExhausted)
  end

  describe "in a job" do
    let(:adapter) { ActiveJob::QueueAdapters::TestAdapter.new }
    let(:job) do
      example = self
      Class.new(ApplicationJob) do
        include LlmRouter::Job
        define_method(:perform) { LlmRouter.new(budget: example.budget).call(messages: Support::MESSAGES) }
      end
    end

    before do
      configure
      stub_const("BlankJob", job)
      BlankJob.queue_adapter = adapter
    end

    it "buys them once: the job is not tried again" do
      gateway.empty(finish_reason: "length", cost_usd: "0.01")
      BlankJob.perform_now
      expect(adapter.enqueued_jobs).to be_empty
      expect(budget.charges.size).to eq(3)
      expect(log).to match(/ERROR.*BlankJob .* is discarded: every answer of chain :default was blank/)
    end

    it "waits for the budget, and not only a moment, where that has no room for the others" do
      gateway.empty(finish_reason: "length", cost_usd: "2")
      @budget = Support::ChargingBudget.new(cap: "1")
      ends_at = Time.now + 7200
      allow(budget).to receive(:period_ends_at).and_return(ends_at)
      BlankJob.perform_now
      expect(adapter.enqueued_jobs.map { |enqueued| enqueued[:at] }).to match([be >= ends_at.to_f])
    end
  end
end
