# frozen_string_literal: true

require_relative "budget_helper"

# The ledger is written where the caller's own query for the row would go.
RSpec.describe "LlmRouter::Budget, its place in the database", :slow do
  def tables
    %w[llm_budgets llm_charges llm_reservations]
  end

  def in_transaction
    model.transaction { yield.tap { model.connection.execute("SELECT 1") } }
  end

  # Each way of using a budget once, for 0.75 US dollars in all.
  def use
    budget = model.for(nil, feature: :chat)
    expect(budget).not_to be_exhausted
    budget.settle!(budget.reserve!("0.5", key: "job/1"), "0.25")
    uncertain = budget.reserve!("0.5", key: "job/2")
    budget.uncertain!(uncertain)
    expect(budget.reserved_usd).to eq(usd("0.5"))
    budget.release!(uncertain)
    budget.charge!("0.5")
    expect(budget.remaining_usd).to be_nil
    budget
  end

  describe "on PostgreSQL, with a schema for each tenant", database: :postgresql do
    before do
      %w[acme globex].each do |tenant|
        connection.execute("CREATE SCHEMA #{tenant}")
        tables.each do |table|
          connection.execute("CREATE TABLE #{tenant}.#{table} (LIKE public.#{table} INCLUDING ALL)")
        end
      end
    end

    after do
      connection.execute("RESET search_path")
      connection.execute("DROP SCHEMA acme, globex CASCADE")
    end

    def spent_in
      %w[public acme globex].to_h do |schema|
        [schema, connection.select_value("SELECT COALESCE(SUM(spent_usd), 0) FROM #{schema}.llm_budgets").to_d]
      end
    end

    def expect_only(schema)
      expect(spent_in).to eq({ "public" => 0, "acme" => 0, "globex" => 0, schema => usd("0.75") })
    end

    { "raw SQL, as Apartment does" => ->(c) { c.execute(%(SET search_path TO "acme", public)) },
      "Active Record's setting" => ->(c) { c.schema_search_path = "acme,public" } }.each do |by, switch|
      it "is the schema that the session is in by #{by}, inside a transaction as well" do
        switch.call(connection)
        use
        expect_only("acme")
        connection.execute("UPDATE acme.llm_budgets SET spent_usd = 0")
        in_transaction { use }
        expect_only("acme")
      end
    end

    it "is the schema that the transaction is in, also where it rolls back" do
      rolled_back do
        connection.execute("SET LOCAL search_path TO globex")
        use
      end
      expect_only("globex")
    end

    it "is what changed since the last query, past a query cache" do
      model.cache do
        model.transaction do
          use
          connection.execute("SET LOCAL search_path TO acme")
          model.for(nil).charge!("0.125")
          connection.execute("SET LOCAL search_path TO globex")
          model.for(nil).charge!("0.25")
        end
      end
      expect(spent_in).to eq("public" => usd("0.75"), "acme" => usd("0.125"), "globex" => usd("0.25"))
    end

    it "is the schema that the table's name says" do
      qualified = model_with { self.table_name = "globex.llm_budgets" }
      connection.execute("SET search_path TO acme")
      budget = qualified.for(nil)
      rolled_back { budget.settle!(budget.reserve!("0.5", key: "job/1"), "0.75") }
      expect_only("globex")
    end

    it "leaves no setting on the caller's connection" do
      settings = lambda do
        connection.select_rows("SELECT name, setting FROM pg_settings WHERE source = 'session' ORDER BY name")
      end
      before = settings.call
      use
      in_transaction { use }
      expect(settings.call).to eq(before)
    end
  end

  describe "on MariaDB, with a database for each tenant", database: :mariadb do
    before do
      connection.execute("CREATE DATABASE acme")
      tables.each { |table| connection.execute("CREATE TABLE acme.#{table} LIKE #{table}") }
    end

    after do
      connection.execute("USE llm_router_test")
      connection.execute("DROP DATABASE acme")
    end

    it "is the database that the session is in, inside a transaction as well" do
      connection.execute("USE acme")
      use
      rolled_back { use }
      spent_in = ->(name) { connection.select_value("SELECT SUM(spent_usd) FROM #{name}.llm_budgets") }
      expect([spent_in["acme"], spent_in["llm_router_test"]]).to eq([usd("1.5"), nil])
    end
  end
end
