# frozen_string_literal: true

require_relative "helper"

RSpec.describe LlmRouter::RememberedAnswers, "of call_all" do
  include Remembering

  requests = %w[one two three four].map do |text|
    { messages: [{ role: "user", content: text }], max_tokens: 50, context: text }
  end

  before do
    with_secret
    gateway.respond do |request|
      words = request.messages.last["content"]
      [200, { "content-type" => "application/json" },
       JSON.generate(id: words, model: Support::PRIMARY, usage: { cost: 0.01, prompt_tokens: 1, completion_tokens: 1 },
                     choices: [{ finish_reason: "stop", message: { role: "assistant", content: words.upcase } }])]
    end
    remember
  end

  # A job that is killed after so many answers.
  def job_killed_after(count, requests, budget = self.budget)
    seen = self.seen
    stub_const("DraftJob", job_class do
      runs = seen.size
      yielded = []
      seen << yielded
      results = LlmRouter.new(budget: budget).call_all(requests, concurrency: 1) do |request, result|
        yielded << [request[:context], result.content, result.remembered?, result.context]
        throw :killed if runs.zero? && yielded.size == count
      end
      yielded << results.map(&:content)
    end)
    DraftJob.new
  end

  %i[postgresql sqlite].each do |database|
    describe "on #{database}", database: database do
      let(:budget) { model.for(organization).tap { |row| row.update!(cap_usd: 5) } }

      it "are given to the next run, each to its own request, and the rest is bought" do
        job = job_killed_after(2, requests)
        die(job)
        bought = gateway.requests.size
        kept = answers_table.count
        expect([kept, budget.charges.count]).to eq([bought, bought])
        job.perform_now
        results = seen.last.pop
        expect(results).to eq(%w[ONE TWO THREE FOUR])
        texts = seen.last.map { |context, content, _, own| [context.upcase, own.upcase, content].uniq.size }
        expect(texts).to all(eq(1))
        expect(seen.last.count { |_, _, remembered| remembered }).to eq(kept)
        expect([gateway.requests.size, answers_table.count, spent(budget)]).to eq([4, 0, usd("0.04")])
        expect(LlmRouter::Budget::Audit.new(model).differences).to eq([])
      end

      it "are all given, if all are there, and none of two with the same request is lost" do
        gateway.reset!
        gateway.answer("A", cost_usd: "0.01", times: 1)
        gateway.answer("B", cost_usd: "0.01", times: 1)
        job = job_killed_after(2, [requests.first] * 2)
        die(job)
        job.perform_now
        expect(seen.last.last).to match_array(%w[A B])
        expect([gateway.requests.size, answers_table.count]).to eq([2, 0])
      end
    end
  end
end
