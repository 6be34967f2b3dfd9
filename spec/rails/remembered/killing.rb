# frozen_string_literal: true

require_relative "helper"

module Killing
  # Kills the process at a statement; without a moment, before or after it.
  Killer = Struct.new(:moment, :pattern, :left) do
    def start(_name, _id, payload) = at(:start, payload)
    def finish(_name, _id, payload) = at(:finish, payload)

    def at(moment, payload)
      return unless [moment, nil].include?(self.moment) && payload[:sql].match?(pattern)

      self.left -= 1
      Process.kill(:KILL, Process.pid) if left.zero?
    end
  end
end

# A job that saves an answer, and runs in a process of its own. `bills` are those of the provider.
RSpec.shared_context "with a job whose process is killed" do
  let(:bills) { Queue.new }
  let(:budget) { model.for(organization).tap { |row| row.update!(cap_usd: 5) } }
  let(:job) { DraftJob.new(budget.id) }

  before do
    connection.create_table(:drafts) { |table| table.text :content } unless connection.table_exists?(:drafts)
    stub_const("Draft", Class.new(ActiveRecord::Base) { self.table_name = "drafts" })
    Draft.delete_all
    with_secret
    remember
    stub_const("DraftJob", job_of(model))
  end

  def job_of(model)
    job = job_class do |budget_id|
      next if Draft.exists?

      draft = LlmRouter.new(budget: model.find(budget_id)).call(messages: Support::MESSAGES, max_tokens: 50)
      self.class.at("when the call has returned")
      Draft.transaction { Draft.create!(content: draft.content) }
      self.class.at("at the end of its perform")
    end
    job.define_singleton_method(:at) { |place| Process.kill(:KILL, Process.pid) if place == @place }
    job
  end

  # The provider bills, and then sends the answer.
  def serve(place)
    # A request may be here before fork has returned.
    kill = -> { Process.kill(:KILL, eventually { @pid }) }
    gateway.respond do
      kill.call if place == "when the request has arrived"
      bills << "gen-#{bills.size + 1}"
      kill.call if place == "when the provider has billed"
      [200, { "content-type" => "application/json" },
       JSON.generate(id: "gen-#{bills.size}", model: Support::PRIMARY, usage: { cost: 0.01, prompt_tokens: 1,
                                                                                completion_tokens: 1 },
                     choices: [{ finish_reason: "stop", message: { role: "assistant", content: "Hi" } }])]
    end
  end

  # @return [Process::Status] of a process that performs the job as its queue has it
  def perform
    data = JSON.generate(job.serialize)
    @pid = fork do
      work do
        yield if block_given?
        ActiveJob::Base.execute(JSON.parse(data))
      end
    end
    Process.wait2(@pid).last
  end
end
