# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe "LlmRouter::Budget, a row per owner, feature and environment" do
  Databases::NAMES.each do |database|
    describe "on #{database}", database: database do
      it "is made on first use, and is the same one after" do
        budget = model.for(organization, feature: :draft_reply)
        expect(budget).to have_attributes(owner: organization, feature: "draft_reply", period: "monthly",
                                          spent_usd: 0, cap_usd: nil,
                                          environment: "production",
                                          period_started_on: Time.now.to_date.beginning_of_month)
        expect(model.for(organization, feature: "draft_reply")).to eq(budget)
        expect(model.for(BudgetTable::Organization.find(organization.id), feature: :draft_reply)).to eq(budget)
        expect(model.count).to eq(1)
      end

      it "is one for each" do
        other = BudgetTable::Organization.create!
        ticket = BudgetTable::Ticket.create!(id: "aB")
        twin = BudgetTable::Ticket.create!(id: "Ab-#{organization.id}")
        budgets = [model.for(nil), model.for(nil, feature: :chat), model.for(nil, feature: :Chat),
                   model.for(organization), model.for(organization, feature: :chat), model.for(other),
                   model.for(organization, environment: "staging"), model.for(ticket), model.for(twin)]
        expect(budgets.uniq.size).to eq(9)
        expect(model.find(budgets.first.id)).to have_attributes(owner: nil, feature: nil)
        expect(model.find(budgets.fifth.id)).to have_attributes(owner: organization, feature: "chat")
        expect(model.find(budgets.last.id).owner).to eq(twin)
        expect(organization.budgets.pluck(:id)).to match_array([budgets[3], budgets[4], budgets[6]].map(&:id))
        expect(model.includes(:owner).map(&:owner)).to match_array(budgets.map(&:owner))
      end

      it "distinguishes ids that differ only in case" do
        tickets = %w[aB Ab].map { |id| BudgetTable::Ticket.new(id: id) }
        tickets.each { |ticket| ticket.instance_variable_set(:@new_record, false) }
        expect(tickets.map { |ticket| model.for(ticket).id }.uniq.size).to eq(2)
      end

      it "can be made by hand, for an owner or for none" do
        made = model.create!(owner: organization, cap_usd: "12.5")
        expect(model.for(organization)).to eq(made)
        expect(model.for(organization).cap_usd).to eq(usd("12.5"))
        expect(made.period_started_on).to eq(Time.now.to_date.beginning_of_month)
        expect(model.create!(owner: nil)).to eq(model.for(nil))
        made.update!(owner: nil, feature: :chat)
        expect(model.for(nil, feature: :chat)).to eq(made)
        expect(model.create(period: "weekly").errors.to_hash.keys).to eq([:period])
      end

      it "is made once by 6 processes with 4 threads each that want it at the same time" do
        organization
        in_processes(6) do
          threads = Array.new(4) do
            Thread.new { 5.times { |feature| model.for(organization, feature: feature.to_s) } }
          end
          threads.each(&:join)
        end
        expect(model.group(:feature).count.values).to eq([1] * 5)
      end

      it "refuses an owner that is none" do
        expect { model.for(BudgetTable::Organization.new) }.to raise_error(ArgumentError, /a saved record/)
        expect { model.for("acme") }.to raise_error(ArgumentError, /for\(String\): give a saved record/)
      end

      it "shows what it is" do
        budget = model.for(organization, feature: :chat, environment: "test")
        budget.update!(cap_usd: "25")
        budget.charge!("1.25")
        expect(budget.reload.inspect).to eq(
          "#<BudgetTable::LlmBudget #{budget.id}: BudgetTable::Organization/#{organization.id} chat test: " \
          "1.25 USD spent of 25.0 USD (its own cap), monthly>"
        )
        expect(model.for(nil, environment: "test").inspect).to include(": app test: 0.0 USD spent of no cap")
        expect(model.select(:id).first.inspect).to include("id: ")
      end

      it "keeps no connection from the pool" do
        ActiveRecord::Base.connection_pool.release_connection
        budget = model.for(nil)
        budget.charge!("0.1")
        budget.exhausted?
        expect(ActiveRecord::Base.connection_pool).not_to be_active_connection
      end

      it "is made within a transaction without ending it" do
        next if database == :sqlite

        connection.transaction do
          budget = model.for(organization.tap { |owner| owner.update!(llm_cap_usd: 1) })
          expect(model.for(organization)).to eq(budget)
          expect(BudgetTable::Organization.count).to eq(1)
          raise ActiveRecord::Rollback
        end
        expect(model.count).to eq(1)
      end
    end
  end

  describe "on PostgreSQL, where the app's transactions are serializable", database: :postgresql do
    # Makes the row in a transaction that ends when somebody waits for it.
    def made_meanwhile(made)
      model.transaction do
        row = model.create!
        made << true
        eventually { connection.select_value("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'") }
        row
      end
    ensure
      ActiveRecord::Base.connection_pool.release_connection
    end

    it "is the one that another makes at the same moment" do
      connection.execute("SET default_transaction_isolation = 'serializable'")
      made = Queue.new
      other = Thread.new { made_meanwhile(made) }
      made.pop
      expect(model.for(nil)).to eq(other.value)
    ensure
      connection.execute("RESET default_transaction_isolation")
    end
  end
end
