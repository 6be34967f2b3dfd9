# frozen_string_literal: true

require_relative "parts_app"

RSpec.describe "llm_router with Solid Queue", :slow, gem: "solid_queue" do
  include PartsApp

  let(:env) { super().merge(QUEUE_ADAPTER: "solid_queue", DISALLOWED: "1") }

  before do
    gateway.answer("On its way.", cost_usd: "0.0021")
    in_app("SolidQueue::Job.destroy_all; SolidQueue::Semaphore.delete_all; SolidQueue::Pause.delete_all")
  end

  def jobs(**more, &)
    running("bin/jobs", **more, &)
  end

  def prompts
    gateway.requests.map { |request| request.messages.last["content"] }
  end

  # @return [String] how many jobs are there of each kind
  def waiting
    in_app(<<~RUBY).lines.last
      kinds = SolidQueue::ReadyExecution, SolidQueue::ScheduledExecution, SolidQueue::ClaimedExecution,
              SolidQueue::FailedExecution
      print "\\n", kinds.to_h { |kind| [kind.name[/::(.*)Execution/, 1], kind.count] }.reject { |_, count| count.zero? }
    RUBY
  end

  it "runs the job in a fork of bin/jobs, whose parent has made a call itself" do
    gateway.fail("anthropic/*", status: 503)
    ids = messages
    jobs(WARM_UP: "1") do
      in_app("DraftReplyJob.perform_later(#{ids.first})")
      expect(replies(ids)).to eq(["On its way.", "0.0021"])
    end
    expect(prompts.first).to eq("Are you there?")
  end

  it "retries a job whose call failed, and charges it once" do
    gateway.fail("*", status: 503, times: 3)
    ids = messages
    in_app("DraftReplyJob.perform_later(#{ids.first})")
    jobs { expect(replies(ids)).to eq(["On its way.", "0.0021"]) }
    expect(prompts.size).to eq(4)
  end

  it "runs what perform_all_later enqueued" do
    ids = messages(4)
    in_app("ActiveJob.perform_all_later(#{ids}.map { |id| DraftReplyJob.new(id) })")
    jobs { expect(replies(ids)).to eq(Array.new(4, "On its way.") + ["0.0084"]) }
  end

  it "lets a job that waits for its retry block no other of its concurrency limit" do
    gateway.fail("*", status: 503, times: 3, retry_after: 600)
    ids = messages(2)
    jobs do
      in_app("OneAtATimeJob.perform_later(#{ids.first})")
      gateway.await_requests(3, within: 60)
      in_app("OneAtATimeJob.perform_later(#{ids.last})")
      eventually { waiting.include?("Scheduled") && !waiting.include?("Claimed") }
    end
    expect(prompts.grep(/Parcel 0/).size).to eq(3)
  end

  it "calls nothing for a queue that is paused, until it is resumed" do
    env[:DISALLOWED] = nil # Solid Queue itself looks for queues that are not paused on a connection that it keeps.
    ids = messages
    in_app("SolidQueue::Queue.new('default').pause; DraftReplyJob.perform_later(#{ids.first})")
    jobs do
      # A second queue that is not paused shows that the worker is at work.
      others = messages
      in_app("DraftReplyJob.set(queue: :other).perform_later(#{others.first})")
      replies(others)
      expect(prompts.size).to eq(1)
      in_app("SolidQueue::Queue.new('default').resume")
      expect(replies(ids)).to eq(["On its way.", "0.0021"])
    end
  end

  it "finishes a call that ends within the shutdown timeout, and keeps its answer" do
    gateway.answer("On its way.", delay: 1.5, cost_usd: "0.0021")
    ids = messages
    in_app("DraftReplyJob.perform_later(#{ids.first})")
    jobs(SHUTDOWN_TIMEOUT: "30") { |pid| gateway.await_requests(1, within: 60) && stop(pid) }
    expect(replies(ids)).to eq(["On its way.", "0.0021"])
    expect([prompts.size, waiting]).to eq([1, "{}"])
  end

  it "ends a call that lasts longer than the shutdown timeout, and keeps the job and its reservation" do
    gateway.hang(times: 1)
    ids = messages
    in_app("DraftReplyJob.perform_later(#{ids.first})")
    jobs(SHUTDOWN_TIMEOUT: "1") do |pid|
      gateway.await_requests(1, within: 60)
      stop(pid)
      gateway.await_disconnect
    end
    expect(waiting).to match(/\A\{"Ready" ?=> ?1\}\z/)
    expect(in_app("print LlmBudget.last.reserved_usd.positive?")).to end_with("true")
    # That reservation stands until its lease ends.
    jobs { answered(ids) }
  end

  it "keeps a charge that a transaction of the app's rolls back, as a job in the queue's database" do
    ids = messages
    expect(in_app(<<~RUBY)).to end_with("0 1")
      budget = LlmBudget.for(Message.find(#{ids.first}).organization)
      Organization.transaction do
        Organization.create!(name: "Rolled back")
        LlmRouter::Enqueue.call(LlmRouter::ChargeJob.new(budget, "0.5"))
        raise ActiveRecord::Rollback
      end
      print Organization.where(name: "Rolled back").count, " ", SolidQueue::Job.where(class_name: "LlmRouter::ChargeJob").count
    RUBY
    jobs do
      in_app(<<~RUBY)
        budget = LlmBudget.for(Message.find(#{ids.first}).organization)
        Waiting.eventually { LlmBudget.uncached { budget.reload.spent_usd == BigDecimal("0.5") } }
      RUBY
    end
  end

  describe "and a continuation" do
    before do
      rails = Gem::Specification.find_by_name("activejob").version
      skip "Rails 8.1 and later have continuations" if rails < Gem::Version.new("8.1")
    end

    def steps
      prompts.map { |prompt| prompt[/\w+/] }
    end

    it "calls no step again that has its answer when a later one fails" do
      gateway.answer("Polished.", cost_usd: "0.0021")
      gateway.fail("*", status: 503, times: 3)
      gateway.answer("Drafted.", cost_usd: "0.0021", times: 1)
      ids = messages
      in_app("StepwiseJob.perform_later(#{ids.first})")
      jobs { gateway.await_requests(5, within: 60) && eventually { waiting == "{}" } }
      expect(replies(ids)).to eq(["Drafted. Polished.", "0.0042"])
      expect(steps).to eq(%w[Draft Polish Polish Polish Polish])
    end

    it "goes on with the next step after a shutdown" do
      gateway.answer("Polished.", cost_usd: "0.0021")
      gateway.answer("Drafted.", cost_usd: "0.0021", delay: 5, times: 1)
      ids = messages
      in_app("StepwiseJob.perform_later(#{ids.first})")
      jobs(SHUTDOWN_TIMEOUT: "30") { |pid| gateway.await_requests(1, within: 60) && stop(pid) }
      expect([steps, waiting]).to match([["Draft"], /\A\{"(Ready|Scheduled)" ?=> ?1\}\z/])
      jobs { eventually { waiting == "{}" } }
      expect(replies(ids)).to eq(["Drafted. Polished.", "0.0042"])
      expect(steps).to eq(%w[Draft Polish])
    end
  end
end
