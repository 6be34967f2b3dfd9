# frozen_string_literal: true

require_relative "shards_helper"

RSpec.describe "LlmRouter::Budget, where the caller reads, or prevents writes", :slow do
  # Each way of using a budget once, for 0.75 US dollars in all.
  def use(model = self.model)
    budget = model.for(nil)
    expect(budget).not_to be_exhausted
    budget.settle!(budget.reserve!("0.5", key: "job/1"), "0.25")
    uncertain = budget.reserve!("0.5", key: "job/2")
    budget.uncertain!(uncertain)
    expect(budget.reserved_usd).to eq(usd("0.5"))
    budget.release!(uncertain)
    budget.charge!("0.5")
    expect(budget.remaining_usd).to be_nil
  end

  ways = {
    "in the reading role" => ->(base, &act) { base.connected_to(role: :reading, &act) },
    "in the reading role, with writes prevented" => lambda do |base, &act|
      base.connected_to(role: :reading, prevent_writes: true, &act)
    end,
    "in the writing role, with writes prevented" => lambda do |base, &act|
      base.connected_to(role: :writing, prevent_writes: true, &act)
    end,
    "while writes are prevented" => ->(base, &act) { base.while_preventing_writes(&act) },
    "while they are prevented in the reading role" => lambda do |base, &act|
      base.connected_to(role: :reading) { base.while_preventing_writes(&act) }
    end
  }

  Databases::NAMES.each do |database|
    describe "on #{database}", shards: database do
      ways.each do |name, way|
        it "writes to the caller's shard, and there to the writing role's database, #{name}" do
          way.call(ActiveRecord::Base) { use }
          expect(spent_by_place).to eq(%i[default writing] => usd("0.75"))
          on_shard(:two) { way.call(ActiveRecord::Base) { use } }
          expect(spent_by_place).to eq(%i[default writing] => usd("0.75"), %i[two writing] => usd("0.75"))
        end
      end

      it "leaves the caller's role and its prevention of writes as they are" do
        seen = ActiveRecord::Base.connected_to(role: :reading, shard: :two) do
          use
          [model.current_role, model.current_shard, model.current_preventing_writes]
        end
        expect(seen).to eq([:reading, :two, true])
        expect([model.current_role, model.current_shard]).to eq(%i[writing default])
      end

      it "reads what was written a moment ago, and not from a replica" do
        budget = model.for(nil).tap { |made| made.update!(cap_usd: 1) }
        budget.charge!("1")
        seen = ActiveRecord::Base.connected_to(role: :reading) { [budget.exhausted?, budget.remaining_usd] }
        expect(seen).to eq([true, 0])
      end

      it "reads the model's cap in the caller's role" do
        roles = []
        capped = model_with { default_cap_usd { (roles << current_role) && "5" } }
        ActiveRecord::Base.connected_to(role: :reading) { use_capped(capped.for(nil)) }
        expect(roles.uniq).to eq([:reading])
      end

      def use_capped(budget)
        budget.exhausted?
        budget.release!(budget.reserve!("0.5", key: "job/1"))
      end

      next if database == :sqlite

      it "survives a rollback of a transaction in either role" do
        on_shard(:two) { rolled_back { ActiveRecord::Base.connected_to(role: :reading) { use } } }
        on_shard(:two, role: :reading) { rolled_back { use } }
        expect(spent_by_place).to eq(%i[two writing] => usd("1.5"))
      end
    end
  end

  describe "on PostgreSQL, with a schema for each tenant", shards: :postgresql do
    before do
      connection.execute("CREATE SCHEMA acme")
      %w[llm_budgets llm_charges llm_reservations].each do |table|
        connection.execute("CREATE TABLE acme.#{table} (LIKE public.#{table} INCLUDING ALL)")
      end
    end

    after do
      connection.execute("RESET search_path")
      connection.execute("DROP SCHEMA acme CASCADE")
    end

    def spent_by_tenant
      connection.select_value("SELECT spent_usd FROM acme.llm_budgets")
    end

    it "is the schema of the writing role's session where the other one chose none" do
      connection.execute("SET search_path TO acme")
      on_shard(:default, role: :reading) { connection && use }
      expect(spent_by_tenant).to eq(usd("0.75"))
    end

    it "is the schema that the other role's session chose" do
      on_shard(:default, role: :reading) do
        set = ->(path) { connection.select_value("SELECT set_config('search_path', '#{path}', false)") }
        set["acme, public"]
        use
        set['"$user", public']
      end
      expect(spent_by_tenant).to eq(usd("0.75"))
      expect(connection.select_value("SHOW search_path")).to eq('"$user", public')
    end
  end

  describe "with a base class of its own", shards: :postgresql do
    before do
      stub_const("BillingRecord", Class.new(ActiveRecord::Base) { self.abstract_class = true })
      BillingRecord.connects_to(shards: Shards.connections)
      stub_const("Billing", Class.new(BillingRecord) do
        self.table_name = "llm_budgets"
        include LlmRouter::Budget
      end)
    end

    after { Shards.disconnect("BillingRecord") }

    ways.each do |name, way|
      it "writes to the writing role's database #{name}, be it of everybody or of that class" do
        way.call(ActiveRecord::Base) { use(Billing) }
        way.call(BillingRecord) { use(Billing) }
        expect(spent_by_place).to eq(%i[default writing] => usd("1.5"))
      end
    end
  end

  # The way of Rails 6.1, unless the app says otherwise.
  describe "with a connection handler for each role", database: :sqlite do
    before do
      skip "Rails 7.1 has none" unless LlmRouter::Database::WritingRole.legacy?
      roles = { writing: ActiveRecord::Base.default_connection_handler,
                reading: ActiveRecord::ConnectionAdapters::ConnectionHandler.new }
      ActiveRecord::Base.connection_handlers = roles
      roles[:reading].establish_connection(Databases.another(:sqlite, "replica"))
    end

    after { ActiveRecord::Base.connection_handlers = {} if LlmRouter::Database::WritingRole.legacy? }

    ways.each do |name, way|
      it "writes to the writing role's database #{name}" do
        way.call(ActiveRecord::Base) { use }
        expect(model.sum(:spent_usd)).to eq(usd("0.75"))
      end
    end
  end
end
