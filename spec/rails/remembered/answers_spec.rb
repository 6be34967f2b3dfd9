# frozen_string_literal: true

require_relative "helper"

RSpec.describe LlmRouter::RememberedAnswers do
  include Remembering

  let(:budget) { model.for(organization).tap { |row| row.update!(cap_usd: 5) } }

  before do
    with_secret
    gateway.answer("Hi", cost_usd: "0.01")
    remember
  end

  def stored
    answers_table.count
  end

  # @param calls [Array<Hash>] what each call of the job takes beside its messages
  def job_making(ends, calls = [{}])
    seen = self.seen
    budget = self.budget
    stub_const("DraftJob", job_class do
      calls.each do |options|
        messages = options.fetch(:messages, Support::MESSAGES)
        seen << LlmRouter.new(budget: budget).call(messages: messages, max_tokens: 50, **options.except(:messages))
      end
      throw :killed if ends == :killed && seen.size <= calls.size
      raise IOError, "the app's own" if ends == :failed && seen.size <= calls.size
    end)
    DraftJob.new
  end

  Databases::NAMES.each do |database|
    describe "on #{database}", database: database do
      it "give the next run of a killed job its answer, without a request or a charge" do
        job = job_making(:killed)
        die(job)
        expect(stored).to eq(1)
        job.perform_now
        expect(gateway.requests.size).to eq(1)
        expect(seen.map(&:remembered?)).to eq([false, true])
        expect(seen.map(&:cost_usd)).to eq([usd("0.01"), 0])
        expect([spent(budget), budget.charges.count, budget.reserved_usd]).to eq([usd("0.01"), 1, 0])
        expect([stored, LlmRouter::Budget::Audit.new(model).differences]).to eq([0, []])
      end

      it "are written in the transaction of the charge" do
        budget
        statements = round_trips { die(job_making(:killed)) }.join("\n")
        together = statements[/INSERT (?:OR ROLLBACK )?INTO .llm_charges.*?INTO .llm_answers.*?COMMIT/m]
        expect(together.scan("COMMIT").size).to eq(1)
      end

      it "do not keep a charge from being made, if they cannot be written with it" do
        allow(LlmRouter::Budget::Beside).to receive(:new).and_wrap_original do |original, *arguments, &block|
          original.call(*arguments) { |*given| block.call(*given).sub("llm_answers", "no_such_table") }
        end
        die(job_making(:killed))
        expect([stored, spent(budget), budget.charges.count]).to eq([1, usd("0.01"), 1])
      end

      it "keep each of two calls with the same request" do
        gateway.answer("Bye", cost_usd: "0.02", times: 1)
        job = job_making(:killed, [{}, {}])
        die(job)
        job.perform_now
        expect(seen.map(&:content)).to eq(%w[Bye Hi Bye Hi])
        expect([gateway.requests.size, stored]).to eq([2, 0])
      end

      it "are not given to a request that has changed, to another job, or when their time is up" do
        job = job_making(:killed)
        die(job)
        changed = job_making(:killed, [{ temperature: 0.5 }])
        changed.job_id = job.job_id
        die(changed)
        expect(gateway.requests.size).to eq(2)
        die(job_making(:killed))
        expect(gateway.requests.size).to eq(3)
        travel(901) { die(job) }
        expect(gateway.requests.size).to eq(4)
        expect(seen.map(&:remembered?)).to eq([false] * 4)
      end
    end
  end
end
