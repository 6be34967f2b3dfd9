# frozen_string_literal: true

require "active_job"
require "global_id"
require_relative "shards_helper"
require_relative "../support/article/app"

RSpec.describe "LlmRouter::Budget, charged and settled by jobs of another process", :slow do
  let(:adapter) { ActiveJob::QueueAdapters::TestAdapter.new }

  before do
    stub_const("DraftJob", Class.new(ApplicationJob) do
      include LlmRouter::Job
      def perform
        budget = BudgetTable::LlmBudget.for(nil, feature: :chat)
        chain = [{ model: Support::PRIMARY, timeout: 1 }, *Support::CHAIN.drop(1)]
        LlmRouter.new(chain: chain, budget: budget).call(messages: Support::MESSAGES, max_tokens: 50)
      end
    end)
    [DraftJob, LlmRouter::ChargeJob, LlmRouter::SettleJob].each { |job| job.queue_adapter = adapter }
    configure(price_ttl: nil) { |config| config.price Support::PRIMARY, prompt: "0", completion: "0.01" }
    gateway.answer("Hi", cost_usd: "0.25")
  end

  # Leaves a {ChargeJob}: the database is away when the answer comes.
  def draft_without_charge
    away = true
    allow(LlmRouter::Budget::Ledger).to receive(:new).and_wrap_original do |original, budgets|
      original.call(budgets).tap { |ledger| allow(ledger).to receive(:settle!).and_raise(IOError) if away }
    end
    DraftJob.perform_now
  ensure
    away = false
  end

  # Leaves a {SettleJob}: the attempt times out, and becomes known later.
  def draft_uncertainly
    gateway.stall(Support::PRIMARY, after: :headers)
    DraftJob.perform_now
    gateway.generation(model::Reservation.find_by(uncertain: true).generation_id, cost_usd: "0.0625")
  end

  # As a worker does it, on the default shard.
  def perform_enqueued(job)
    mine, others = adapter.enqueued_jobs.partition { |one| one[:job] == job }
    adapter.enqueued_jobs = others
    expect(mine).not_to be_empty
    mine.each { |one| ActiveJob::Base.execute(job.new.serialize.merge("arguments" => one[:args])) }
  end

  # Whose row has the same id there.
  def stranger(**scope)
    model.create!(period_started_on: Date.new(2026, 1, 1), **scope)
  end

  Databases::NAMES.each do |database|
    describe "on #{database}", shards: database do
      before { %i[default two].each { |shard| on_shard(shard) { restart_ids } } }

      def restart_ids
        case connection.adapter_name
        when "PostgreSQL" then connection.execute("TRUNCATE llm_budgets RESTART IDENTITY")
        when "SQLite" then connection.execute("DELETE FROM sqlite_sequence")
        else connection.execute("TRUNCATE llm_budgets")
        end
      end

      it "charges the row of its shard, where a stranger on another has the same id" do
        other = stranger(feature: :other)
        on_shard(:two) { draft_without_charge }
        expect(on_shard(:two) { model.pluck(:id) }).to eq([other.id])
        perform_enqueued(LlmRouter::ChargeJob)
        expect([spent(other), on_shard(:two) { model.sum(:spent_usd).to_d }]).to eq([0, usd("0.25")])
      end

      it "charges the writing role's row of its shard for a caller that read from a replica" do
        on_shard(:two, role: :reading) { draft_without_charge }
        perform_enqueued(LlmRouter::ChargeJob)
        expect(spent_by_place).to eq(%i[two writing] => usd("0.25"))
      end

      it "settles the row of its shard, where one on another has the same id, owner and feature" do
        other = model.for(nil, feature: :chat)
        on_shard(:two) { draft_uncertainly }
        perform_enqueued(LlmRouter::SettleJob)
        mine = on_shard(:two) { model.pluck(:id, :spent_usd, :reserved_usd) }
        expect([mine, spent(other)]).to eq([[[other.id, usd("0.3125"), usd("0")]], 0])
      end
    end
  end

  describe "whose row is not there any more", database: :postgresql do
    def expect_refusal(job, why)
      perform_enqueued(job)
      expect(adapter.enqueued_jobs.map { |one| one[:job] }).not_to include(job)
      expect(log).to match(/ERROR.*#{job} .* is discarded: .*#{why}/)
    end

    it "charges no row where a stranger has the id, reports it, and does not retry" do
      draft_without_charge
      mine = model.last
      changes = { feature: "other", environment: "staging", owner_type: "Organization", owner_id: "7" }
      changes.each do |column, value|
        before = mine.reload[column]
        mine.update_columns(column => value)
        charge = adapter.enqueued_jobs.dup
        expect_refusal(LlmRouter::ChargeJob, /#{mine.id} is the budget of .*, not of app chat production.*0\.25 USD/)
        mine.update_columns(column => before)
        adapter.enqueued_jobs = charge
      end
      expect(spent(mine)).to eq(0)
      perform_enqueued(LlmRouter::ChargeJob)
      expect(spent(mine)).to eq(usd("0.25"))
    end

    it "says what is owed where the row was deleted, and does not try again" do
      draft_without_charge
      id = model.last.id
      model.delete_all
      expect_refusal(LlmRouter::ChargeJob, "LlmBudget #{id} is not there: it was deleted.*0.25 USD were spent")
    end

    it "settles nothing of a row that was deleted or is a stranger's, and does not try again" do
      draft_uncertainly
      settlement = adapter.enqueued_jobs.dup
      model.last.update_columns(feature: "other")
      expect_refusal(LlmRouter::SettleJob, "is the budget of app other")
      model.delete_all
      adapter.enqueued_jobs = settlement
      expect_refusal(LlmRouter::SettleJob, "is not there")
    end

    it "keeps trying while the database is away" do
      draft_without_charge
      allow(LlmRouter::Budget::Row).to receive(:find).and_raise(ActiveRecord::ConnectionNotEstablished)
      perform_enqueued(LlmRouter::ChargeJob)
      expect(adapter.enqueued_jobs.map { |one| one[:job] }).to eq([LlmRouter::ChargeJob])
    end
  end

  describe "of a tenant with a schema of its own", database: :postgresql do
    before do
      connection.execute("CREATE SCHEMA acme")
      %w[llm_budgets llm_charges llm_reservations].each do |table|
        connection.execute("CREATE TABLE acme.#{table} (LIKE public.#{table} INCLUDING ALL)")
      end
    end

    after { connection.execute("RESET search_path; DROP SCHEMA acme CASCADE") }

    { "in its session" => "SET", "in a transaction" => "SET LOCAL" }.each do |where, set|
      it "charges and settles the tenant's row, which the caller was in #{where}" do
        model.transaction do
          connection.execute("#{set} search_path TO acme, public")
          draft_without_charge
          draft_uncertainly
        end
        connection.execute("RESET search_path")
        perform_enqueued(LlmRouter::ChargeJob)
        perform_enqueued(LlmRouter::SettleJob)
        expect(model.count).to eq(0)
        expect(connection.select_value("SELECT spent_usd FROM acme.llm_budgets")).to eq(usd("0.5625"))
      end
    end
  end

  describe "a record of the app's own, on two shards", shards: :sqlite do
    before do
      GlobalID.app = "spec"
      stub_const("ShardedTeam", Class.new(BudgetTable::Organization) do
        include GlobalID::Identification
        self.table_name = "organizations"
        def exhausted? = false
        def charge!(cost) = update!(llm_cap_usd: cost)
      end)
    end

    it "is charged on its own" do
      here = ShardedTeam.create!(id: 1)
      there = on_shard(:two) { ShardedTeam.create!(id: 1) }
      job = on_shard(:two) { LlmRouter::ChargeJob.new(there, "0.25").serialize }
      ActiveJob::Base.execute(job)
      expect([here.reload.llm_cap_usd, on_shard(:two) { there.reload.llm_cap_usd }]).to eq([nil, usd("0.25")])
      on_shard(:two) { there.destroy! }
      ActiveJob::Base.execute(job)
      expect(adapter.enqueued_jobs).to be_empty
      expect(log).to match(%r{is discarded: gid://spec/ShardedTeam/1 is not there.*0.25 USD})
    end
  end
end
