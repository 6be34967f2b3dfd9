# frozen_string_literal: true

require "sidekiq"
require "active_support/cache"
require "tmpdir"
require_relative "../remembered/helper"

RSpec.describe LlmRouter::SidekiqWorker, "with config.remember_answers" do
  include Remembering

  let(:budget) { Support::ChargingBudget.new }

  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  before do
    with_secret
    gateway.answer("Hi", cost_usd: "0.01")
    remember(answer_store: ActiveSupport::Cache::FileStore.new(@folder))
  end

  # @return [Object] a worker that dies in its first run
  def worker
    seen = self.seen
    budget = self.budget
    named = Class.new do
      include LlmRouter::SidekiqWorker
      define_method(:perform) do
        seen << LlmRouter.new(budget: budget).call(messages: Support::MESSAGES)
        throw :killed if seen.one?
      end
    end
    stub_const("DraftWorker", named).new.tap { |made| made.jid = "0123456789ab" }
  end

  def kept
    Dir[File.join(@folder, "**/*")].count { |path| File.file?(path) }
  end

  it "gives the next run of a killed job its answer" do
    mine = worker
    catch(:killed) { mine.perform }
    expect(kept).to eq(1)
    mine.perform
    expect([gateway.requests.size, budget.charges.size, kept, seen.last]).to match([1, 1, 0, be_remembered])
  end
end
