# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe "LlmRouter::Budget, inside the caller's transaction" do
  %i[postgresql mariadb].each do |database|
    describe "on #{database}", database: database do
      let(:budget) { model.for(organization).tap { |made| made.update!(cap_usd: 1) } }

      # By their ids, and without what the server does by itself.
      def connections
        sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        unless connection.adapter_name == "PostgreSQL"
          sql = "SELECT id FROM information_schema.processlist WHERE command <> 'Daemon'"
        end
        connection.select_values(sql)
      end

      # A server takes a moment to see a client leave, also those of the example before.
      def expect_no_leak
        before = connections
        stat = ActiveRecord::Base.connection_pool.stat
        yield
        poll(60) { (connections - before).empty? }
        expect([connections - before, ActiveRecord::Base.connection_pool.stat]).to eq([[], stat])
      end

      it "keeps what was spent when that rolls back, and leaks no connection" do
        budget
        expect_no_leak do
          rolled_back do
            organization.update!(llm_cap_usd: 5)
            3.times { budget.charge!("0.1") }
            expect(budget.remaining_usd).to eq(usd("0.7"))
            budget.charge!("0.7")
            expect(budget).to be_exhausted
            model.for(nil, feature: :chat).charge!("0.25")
          end
        end
        expect(spent(budget)).to eq(1)
        expect(model.for(nil, feature: :chat).spent_usd).to eq(usd("0.25"))
        expect(organization.reload.llm_cap_usd).to be_nil
      end

      it "keeps it in a nested one, in one that cannot be joined, and with a strict isolation" do
        budget
        rolled_back { model.transaction(requires_new: true) { budget.charge!("0.1") } }
        rolled_back(joinable: false) { budget.charge!("0.1") }
        in_environment("test") { rolled_back { budget.charge!("0.1") } }
        rolled_back(isolation: :serializable) do
          expect(budget).not_to be_exhausted
          budget.charge!("0.7")
          expect(budget).to be_exhausted
        end
        expect(spent(budget)).to eq(1)
      end

      # Begun by hand, or left open by an interrupt in the middle of Active Record's own BEGIN.
      it "keeps it in one that Active Record does not know of" do
        budget
        connection.raw_connection.query("BEGIN")
        budget.settle!(budget.reserve!("0.5", key: "job/1"), "0.25")
        connection.raw_connection.query("ROLLBACK")
        expect([spent(budget), budget.reload.reserved_usd]).to eq([usd("0.25"), 0])
      end

      it "leaves no connection with a thread that had none" do
        budget
        pool = connection.pool
        pool.disconnect!
        connection.raw_connection.query("BEGIN")
        pool.release_connection
        2.times { budget.settle!(budget.reserve!("0.1", key: "job/1"), "0.1") }
        expect(pool).not_to be_active_connection
        pool.disconnect!
        expect(spent(budget)).to eq(usd("0.2"))
      end

      it "needs nothing of a pool whose every connection is in a transaction" do
        budget
        connection.pool.release_connection
        barrier = Queue.new
        threads = Array.new(connection.pool.size - 1) do
          Thread.new do
            rolled_back do
              model.connection.execute("SELECT 1")
              barrier.push(true)
              eventually { barrier.size == connection.pool.size - 1 }
              3.times { budget.charge!("0.01") }
            end
          ensure
            model.connection_pool.release_connection
          end
        end
        threads.each(&:join)
        expect(spent(budget)).to eq(usd("0.12"))
      end

      it "says so when that holds the row, and can be charged after" do
        stub_const("LlmRouter::Database::OwnConnection::LOCK_TIMEOUT", 1)
        budget
        expect_no_leak do
          model.transaction do
            budget.lock!
            expect { budget.charge!("0.1") }.to raise_error(LlmRouter::Budget::RowLocked, /locked for 1 s.*itself/)
            organization.update!(llm_cap_usd: 3)
          end
        end
        expect(organization.reload.llm_cap_usd).to eq(3)
        budget.charge!("0.1")
        expect(spent(budget)).to eq(usd("0.1"))
      end

      it "closes its connection when the charge fails" do
        stub_const("LlmRouter::Database::OwnConnection::LOCK_TIMEOUT", 1)
        # To PostgreSQL such a row is not there yet; MariaDB waits for what becomes of it.
        refusals = { postgresql: LlmRouter::Budget::RowMissing, mariadb: LlmRouter::Budget::RowLocked }
        expect_no_leak do
          rolled_back do
            made = model.create!(owner: organization)
            expect { made.charge!(1) }.to raise_error(refusals.fetch(database), /after it|still open/)
          end
        end
      end

      it "charges several at once, or none" do
        budgets = [budget, model.for(nil)]
        expect_no_leak { rolled_back { LlmRouter::Budgets.new(budgets).charge!("0.1") } }
        expect(budgets.map { |one| spent(one) }).to eq([usd("0.1")] * 2)
      end

      it "is part of a test's own transaction, so that no row is left after it" do
        in_a_test do
          made = model.for(organization)
          made.charge!("0.5")
          model.transaction { made.charge!("0.25") }
          LlmRouter::Budgets.new([made, model.for(nil)]).charge!("0.25")
          expect([spent(made), made.remaining_usd]).to eq([1, nil])
        end
        expect(model.count).to eq(0)
      end
    end
  end
end
