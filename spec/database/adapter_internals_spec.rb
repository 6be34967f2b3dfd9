# frozen_string_literal: true

require_relative "../budget/budget_helper"

# Each example fails by name where a new Active Record or driver takes something away.
RSpec.describe LlmRouter::Database::AdapterInternals do
  def expect_loaded(row)
    described_class.load(row, "spent_usd" => usd("0.5"))
    expect(row).to have_attributes(spent_usd: usd("0.5"), changed?: false)
    row.spent_usd = "0.75"
    expect(row.changes).to eq("spent_usd" => [usd("0.5"), usd("0.75")])
  end

  describe "on PostgreSQL", database: :postgresql do
    it "gives a record the values of the database, which are no changes" do
      row = model.for(nil)
      expect(row.instance_variable_get(:@attributes)).to respond_to(:write_from_database)
      expect_loaded(row)
    end

    it "assigns them where there is no such way" do
      row = model.for(nil)
      allow(row.instance_variable_get(:@attributes)).to receive(:respond_to?).and_return(false)
      expect_loaded(row)
    end

    it "knows a test's own transaction from the app's" do
      expect(described_class).not_to be_unjoinable(connection)
      model.transaction { expect(described_class).not_to be_unjoinable(model.connection) }
      in_a_test { expect(described_class).to be_unjoinable(model.connection) }
    end

    it "opens a connection that is not the pool's" do
      opened = described_class.new_connection(model.connection_pool)
      expect(opened.select_value("SELECT 1")).to eq(1)
      expect(model.connection_pool.connections).not_to include(opened)
    ensure
      opened&.disconnect!
    end

    # Before Rails 7.2 there are no leases.
    if ActiveRecord.version >= Gem::Version.new("7.2")
      it "has a connection be the one of this thread's lease, and then the one before" do
        before = connection
        opened = described_class.new_connection(model.connection_pool)
        expect(described_class.lend(opened) { model.lease_connection }).to be(opened)
        expect(model.lease_connection).to be(before)
      ensure
        opened&.disconnect!
      end
    end

    it "leaves interrupts masked where the pool opens a connection, verifies one, and uses it" do
      model.connection_pool.disconnect!
      acts = [-> { model.for(nil) }, -> { model.for(nil).charge!("0.01") }]
      acts.each do |act|
        model.connection_pool.release_connection
        late = Class.new(StandardError)
        arrived = nil
        thread = Thread.new do
          Thread.handle_interrupt(late => :never) do
            Thread.current.raise(late)
            act.call
            arrived = false
          rescue late
            arrived = true
          end
        rescue late
          nil
        end
        thread.join
        expect(arrived).to be(false)
      end
    end

    it "reaches the driver, and leaves it to Rails when a transaction begins" do
      described_class.with_driver(connection) { |driver| expect(driver).to be_a(PG::Connection) }
      expect(connection.transaction_manager).to be_lazy_transactions_enabled
    end

    describe "with a statement of its own" do
      let(:sql) { "SELECT $1::text" }

      def execute
        described_class.execute(connection, sql, ["a"])
      end

      def prepared
        connection.select_values("SELECT name FROM pg_prepared_statements WHERE statement = '#{sql}'")
      end

      it "prepares it once for each connection, and anew where the session was reset" do
        expect(Array.new(2) { execute }).to eq([[["a"]]] * 2)
        expect(prepared.size).to eq(1)
        connection.execute(%(DEALLOCATE "#{prepared.first}"))
        expect(execute).to eq([["a"]])
      end

      it "prepares nothing where the app does not" do
        once = "SELECT $1::text AS once"
        connection.unprepared_statement { expect(described_class.execute(connection, once, ["a"])).to eq([["a"]]) }
        expect(connection.select_values("SELECT statement FROM pg_prepared_statements")).not_to include(once)
      end

      it "raises what Active Record does, and notifies its listeners" do
        expect(round_trips { execute }).to eq([sql])
        expect { described_class.execute(connection, "SELECT 1 / $1::int", [0]) }
          .to raise_error(ActiveRecord::StatementInvalid) { |error| expect(error.cause).to be_a(PG::DivisionByZero) }
      end
    end

    it "lets a record load what strict loading forbids" do
      owner = BudgetTable::Organization.strict_loading.find(organization.id)
      expect { described_class.allow_loading(owner) }.to change(owner, :strict_loading?).to(false)
    end
  end

  describe "on SQLite", database: :sqlite do
    it "takes several statements at once, and knows an open transaction and the last error" do
      described_class.execute_batch(connection, "BEGIN; SELECT 1")
      expect(described_class).to be_transaction_active(connection)
      described_class.execute_batch(connection, "COMMIT")
      expect(described_class).not_to be_transaction_active(connection)
      described_class.execute_batch(connection, "CREATE TEMP TABLE t (a NOT NULL)")
      expect { described_class.execute_batch(connection, "INSERT INTO t VALUES (NULL)") }.to raise_error(StandardError)
      expect(described_class.error_code(connection)).to eq(19)
    ensure
      described_class.execute_batch(connection, "DROP TABLE t")
    end
  end

  describe "on MariaDB", database: :mariadb do
    it "takes the result of one of several statements" do
      expect(described_class).to be_abandon_results(connection)
      connection.execute("BEGIN NOT ATOMIC SELECT 1; END")
      described_class.abandon_results(connection)
      expect(connection.select_value("SELECT 2")).to eq(2)
    end

    it "takes the results that Trilogy has left one by one, and never waits for the rows of one without rows" do
      left = 2
      driver = double(abandon_results!: nil)
      allow(driver).to receive(:more_results_exist?) { left.positive? }
      allow(driver).to receive(:next_result) { left -= 1 }
      described_class.abandon_results(Struct.new(:raw_connection).new(driver))
      expect(left).to eq(0)
      expect(driver).not_to have_received(:abandon_results!)
    end
  end
end
