# frozen_string_literal: true

require "active_job"
require_relative "budget_helper"
require_relative "../support/article/app"

# The answer is paid for, whatever becomes of the transaction that the job was enqueued in.
RSpec.describe "LlmRouter::ChargeJob and SettleJob, enqueued in a transaction that rolls back" do
  require "active_record"

  # The app's own parent class, with what Rails 8.2 has as its default.
  parent = Class.new(ActiveJob::Base) do
    always = ActiveJob::VERSION::MAJOR < 8 ? :always : true
    self.enqueue_after_transaction_commit = always if respond_to?(:enqueue_after_transaction_commit=)
  end

  before do
    stub_const("RolledBackParent", parent)
    stub_const("DraftJob", Class.new(ApplicationJob) do
      include LlmRouter::Job
      def perform
        budget = BudgetTable::LlmBudget.for(nil, feature: :chat)
        chain = [{ model: Support::PRIMARY, timeout: 1 }, *Support::CHAIN.drop(1)]
        LlmRouter.new(chain: chain, budget: budget).call(messages: Support::MESSAGES, max_tokens: 50)
      end
    end)
    configure(price_ttl: nil, job_parent: "RolledBackParent") do |config|
      config.price Support::PRIMARY, prompt: "0", completion: "0.01"
    end
    gateway.answer("Hi", cost_usd: "0.25")
    gateway.stall(Support::PRIMARY, after: :headers)
    allow(LlmRouter::Budget::Ledger).to receive(:new).and_wrap_original do |original, budgets|
      original.call(budgets).tap { |ledger| allow(ledger).to receive(:settle!).and_raise(IOError) }
    end
  end

  def draft_and_roll_back
    rolled_back do
      BudgetTable::Organization.create!
      DraftJob.perform_now
    end
    expect(BudgetTable::Organization.count).to eq(0)
  end

  describe "with a queue that is no database", database: :postgresql do
    it "are in the queue" do
      adapter = ActiveJob::QueueAdapters::TestAdapter.new
      [LlmRouter::ChargeJob, LlmRouter::SettleJob].each { |job| job.queue_adapter = adapter }
      draft_and_roll_back
      expect(adapter.enqueued_jobs.map { |job| job[:job] }).to eq([LlmRouter::SettleJob, LlmRouter::ChargeJob])
      expect(adapter.enqueued_jobs.map { |job| job[:at] }).to match([be_within(10).of(Time.now.to_f + 10), nil])
    end
  end

  # As delayed_job, GoodJob and Solid Queue do it.
  queued = Class.new(ActiveRecord::Base) do
    def self.name = "Queued"
    self.table_name = "queued"
  end
  adapter = Class.new do
    def self.name = "DatabaseAdapter"
    define_method(:enqueue) { |job| queued.create!(data: job.serialize.to_json) }
    define_method(:enqueue_at) { |job, at| queued.create!(data: job.serialize.to_json, run_at: Time.at(at)) }
    def enqueue_after_transaction_commit? = true
  end

  %i[postgresql mariadb].each do |database|
    describe "with a queue in #{database}", database: database do
      before do
        connection.create_table(:queued) do |table|
          table.text :data
          table.datetime :run_at
        end
        queued.reset_column_information
        [LlmRouter::ChargeJob, LlmRouter::SettleJob].each { |job| job.queue_adapter = adapter.new }
      end

      after { connection.drop_table(:queued) }

      define_method(:enqueued) { queued.order(:id).map { |job| JSON.parse(job.data) } }

      it "are in the queue" do
        draft_and_roll_back
        expect(enqueued.map { |data| data["job_class"] }).to eq(%w[LlmRouter::SettleJob LlmRouter::ChargeJob])
      end

      it "carry what the app keeps for the caller's thread" do
        parent.class_eval { def serialize = super.merge("tenant" => Thread.current[:tenant]) }
        Thread.current[:tenant] = "acme"
        draft_and_roll_back
        expect(enqueued.map { |data| data["tenant"] }).to eq(%w[acme acme])
      ensure
        Thread.current[:tenant] = nil
        parent.class_eval { remove_method(:serialize) }
      end

      it "leave no connection with the pool's threads, and none is opened outside of a transaction" do
        draft_and_roll_back
        expect(model.connection_pool.stat).to include(busy: 1, dead: 0)
        expect { DraftJob.perform_now }.not_to(change { model.connection_pool.connections.size })
      end

      it "are a part of the transaction where no connection is left for them" do
        stub_const("LlmRouter::Enqueue::THREAD_TIMEOUT", 0.2)
        pool = model.connection_pool
        others = Array.new(pool.size - 1) { pool.checkout }
        rolled_back { DraftJob.perform_now.then { expect(enqueued.size).to eq(2) } }
      ensure
        others&.each { |other| pool.checkin(other) }
      end
    end
  end
end
