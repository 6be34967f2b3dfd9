# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe LlmRouter::Budget::Statement do
  let(:budget) { capped(:one) }
  let(:other) { capped(:other) }
  let(:both) { LlmRouter::Budgets.new([other, budget]) }

  def capped(feature, cap = 1)
    model.for(nil, feature: feature).tap { |row| row.update!(cap_usd: cap, period: "total") }
  end

  def differences
    LlmRouter::Budget::Audit.new(model).differences
  end

  def reserved?(budget, amount = "0.01")
    budget.reserve!(usd(amount), key: "j")
  rescue LlmRouter::BudgetExceeded
    nil
  end

  def statements_of_two
    reservation = nil
    [round_trips { reservation = both.reserve!(usd("0.5"), key: "j") },
     round_trips { both.settle!(reservation, usd("0.25")) }].map(&:size)
  end

  Databases::NAMES.each do |database|
    describe "on #{database}", database: database do
      it "reserves and settles two rows in one statement each" do
        both
        expect(statements_of_two).to eq([1, 1])
        expect([spent(budget), spent(other), differences]).to eq([usd("0.25"), usd("0.25"), []])
      end

      it "fills the cap exactly, though many reserve at once with one row, another, and both" do
        all = [budget, other, both]
        in_processes(4) do |process|
          Array.new(4) do |thread|
            Thread.new do
              model.connection_pool.with_connection do
                mine = all.rotate(process + thread)
                30.times do |turn|
                  one = mine[turn % 3]
                  reservation = reserved?(one)
                  reservation && one.settle!(reservation, usd("0.01"))
                end
              end
            end
          end.each(&:join)
        end
        2.times { |index| 100.times { reserved?(all[index])&.then { |held| all[index].settle!(held, usd("0.01")) } } }
        expect([spent(budget), spent(other), budget.reserved_usd, differences]).to eq([1, 1, 0, []])
      end

      it "reserves with no row where one of them has no room, or a lease that is up" do
        other.charge!("0.995")
        expect(reserved?(both)).to be_nil
        expect([budget.reload[:reserved_usd], differences]).to eq([0, []])
      end

      it "settles all rows where the lease of one was ended meanwhile" do
        reservation = both.reserve!(usd("0.25"), key: "j")
        travel 1.day
        budget.release!(budget.reserve!(usd("0.5"), key: "k"))
        both.settle!(reservation, usd("0.125"))
        expect([spent(budget), spent(other), differences]).to eq([usd("0.125"), usd("0.125"), []])
      end

      it "charges an attempt once, though its cost was known in another way before" do
        attempt = LlmRouter::Attempt.new(cost_basis: :computed)
        budget.charge!("0.25", attempt: attempt)
        reservation = budget.reserve!("0.5", key: "j", attempt: attempt)
        budget.settle!(reservation, "0.25", attempt: LlmRouter::Attempt.new(id: attempt.id))
        expect([spent(budget), budget.reserved_usd, differences]).to eq([usd("0.25"), 0, []])
      end

      it "charges an attempt once, though processes know its cost in different ways at the same moment" do
        ids = Array.new(25) { LlmRouter::Attempt.new.id }
        budget
        in_processes(4) do |process|
          basis = process.even? ? :computed : :billed
          ids.each { |id| budget.charge!("0.01", attempt: LlmRouter::Attempt.new(id: id, cost_basis: basis)) }
        end
        expect([spent(budget), differences]).to eq([usd("0.25"), []])
      end

      it "leaves nothing undone in the connection where an attempt reserves twice" do
        attempt = LlmRouter::Attempt.new(model: "two  spaces", endpoint: "'quoted'")
        reservation = budget.reserve!("0.25", key: "a  'b'", attempt: attempt)
        expect { budget.reserve!("0.25", key: "j", attempt: attempt) }.to raise_error(ActiveRecord::RecordNotUnique)
        expect(model::Reservation.first).to have_attributes(key: "a  'b'", model: "two  spaces")
        budget.settle!(reservation, "0.125", attempt: attempt)
        expect(budget.charges.first).to have_attributes(model: "two  spaces", endpoint: "'quoted'")
        expect([connection.open_transactions, spent(budget), differences]).to eq([0, usd("0.125"), []])
      end
    end
  end

  describe "on SQLite", database: :sqlite do
    it "adds what its whole numbers cannot hold" do
      total = usd("99999999999999999998.000000000000000000000000000001")
      row = capped(:large, usd("99999999999999999999.5"))
      row.settle!(row.reserve!(total, key: "j"), total)
      expect([spent(row), row.reserved_usd]).to eq([total, 0])
      row.settle!(row.reserve!("1.25", key: "j"), "1.25")
      expect([spent(row), reserved?(row, "0.25"), differences]).to eq([total + usd("1.25"), nil, []])
      expect(reserved?(row, "0.2")).to be_a(LlmRouter::Budget::Reservation)
    end

    it "leaves it to the careful path where less is reserved than is given back" do
      held = budget.reserve!("0.5", key: "j")
      budget.update!(reserved_usd: 0)
      budget.settle!(held, "0.25")
      expect([spent(budget), model.find(budget.id)[:reserved_usd]]).to eq([usd("0.25"), usd("-0.5")])
    end
  end

  describe "on MySQL, which takes no block of statements", database: :mariadb do
    before { allow_any_instance_of(LlmRouter::Budget::Mysql).to receive(:block?).and_return(false) }

    it "reserves in 5 round trips, with BEGIN and COMMIT, and settles in 6" do
      both
      expect(statements_of_two).to eq([5, 6])
      expect([spent(budget), spent(other), differences]).to eq([usd("0.25"), usd("0.25"), []])
    end

    it "fills the cap exactly, though many reserve at once" do
      both
      in_processes(4) { 60.times { reserved?(both)&.then { |held| both.settle!(held, usd("0.01")) } } }
      expect([spent(budget), spent(other), budget.reserved_usd, differences]).to eq([1, 1, 0, []])
    end
  end

  describe "on PostgreSQL", database: :postgresql do
    it "waits for a row that another transaction holds, and not for ever" do
      stub_const("LlmRouter::Database::OwnConnection::LOCK_TIMEOUT", 1)
      mine = model_with { nil }.find(budget.id)
      holder = PG.connect(**model.connection_pool.db_config.configuration_hash.slice(:host).merge(
        user: "postgres", dbname: connection.current_database
      ))
      holder.exec("BEGIN; SELECT 1 FROM llm_budgets FOR UPDATE")
      expect { mine.reserve!("0.5", key: "j") }.to raise_error(LlmRouter::Budget::RowLocked)
      expect(connection.select_value("SHOW lock_timeout")).to eq("0")
      holder.exec("COMMIT")
      expect(mine.reserve!("0.5", key: "j")).to be_a(LlmRouter::Budget::Reservation)
    ensure
      holder&.close
    end

    it "ends a lease where the session was reset, and its prepared statements are gone" do
      budget.settle!(budget.reserve!("0.125", key: "j"), "0.125")
      budget.reserve!("0.25", key: "j")
      ours = connection.select_values("SELECT name FROM pg_prepared_statements WHERE name LIKE 'llm_router%'")
      expect(ours.size).to be >= 2
      ours.each { |name| connection.execute(%(DEALLOCATE "#{name}")) }
      travel 1.day
      expect(reserved?(budget)).to be_a(LlmRouter::Budget::Reservation)
      expect([spent(budget), differences]).to eq([usd("0.375"), []])
    end

    it "holds the cap where the app's transactions are serializable, and where it prepares no statements" do
      both
      connection.execute("SET default_transaction_isolation = 'serializable'")
      connection.unprepared_statement { expect(statements_of_two).to eq([1, 1]) }
      expect(spent(budget)).to eq(usd("0.25"))
    ensure
      connection.execute("RESET default_transaction_isolation")
    end
  end

  # To read whole rows, MariaDB may walk through a small table, and lock all that it passes.
  describe "on MariaDB", database: :mariadb do
    it "locks by ids alone where an act needs thought" do
      both
      locking = round_trips { both.charge!("0.25", attempt: LlmRouter::Attempt.new) }.grep(/FOR UPDATE/)
      expect(locking).to match([/\ASELECT `llm_budgets`.`id` FROM `llm_budgets` WHERE `llm_budgets`.`id` IN/])
      expect([spent(budget), spent(other)]).to eq([usd("0.25")] * 2)
    end
  end
end
