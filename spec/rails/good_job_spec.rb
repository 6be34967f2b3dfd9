# frozen_string_literal: true

require_relative "parts_app"

RSpec.describe "llm_router with GoodJob", :slow, gem: "good_job" do
  include PartsApp

  let(:env) { super().merge(QUEUE_ADAPTER: "good_job", GOOD_JOB_POLL_INTERVAL: "1", GOOD_JOB_MAX_THREADS: "3") }

  before do
    gateway.answer("On its way.", cost_usd: "0.0021")
    in_app("GoodJob::Job.delete_all")
  end

  def good_job(**more, &)
    running("bundle", "exec", "good_job", "start", **more, &)
  end

  it "retries a job whose call failed, and charges it once" do
    gateway.fail("*", status: 503, times: 3)
    ids = messages
    in_app("DraftReplyJob.perform_later(#{ids.first})")
    good_job { expect(replies(ids)).to eq(["On its way.", "0.0021"]) }
    expect(gateway.requests.size).to eq(4)
  end

  it "runs each job once though its thread gives its connection back meanwhile" do
    gateway.answer("On its way.", cost_usd: "0.0021", delay: 1)
    ids = messages(9)
    in_app("ActiveJob.perform_all_later(#{ids}.map { |id| DraftReplyJob.new(id) })")
    good_job(RELEASE_CONNECTIONS: "1") do
      expect(replies(ids)).to eq(Array.new(9, "On its way.") + ["0.0189"])
      in_app("Waiting.eventually { GoodJob::Job.uncached { GoodJob::Job.where(finished_at: nil).none? } }")
    end
    expect(gateway.requests.size).to eq(9)
    # No lock of a session is left, on whichever connection it was taken.
    expect(app.log("parts.log")).not_to match(/advisory|not own a lock|error/i)
  end

  it "makes a charge later that failed" do
    ids = messages
    in_app(<<~RUBY)
      budget = LlmBudget.for(Message.find(#{ids.first}).organization)
      LlmRouter::ChargeJob.perform_later(budget, "0.5")
    RUBY
    good_job do
      in_app(<<~RUBY)
        budget = LlmBudget.for(Message.find(#{ids.first}).organization)
        Waiting.eventually { LlmBudget.uncached { budget.reload.spent_usd == BigDecimal("0.5") } }
      RUBY
    end
  end

  it "ends a call at its shutdown timeout, and keeps the job" do
    gateway.hang(times: 1)
    ids = messages
    in_app("DraftReplyJob.perform_later(#{ids.first})")
    good_job(GOOD_JOB_SHUTDOWN_TIMEOUT: "1") do |pid|
      gateway.await_requests(1, within: 60)
      stop(pid)
      gateway.await_disconnect
    end
    expect(in_app("print GoodJob::Job.where(finished_at: nil).count")).to end_with("1")
    good_job { answered(ids) }
  end
end
