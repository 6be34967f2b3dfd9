# frozen_string_literal: true

require_relative "budget_helper"

# Another transaction, of more rows than the ledger's, holds a budget that the ledger waits for, and then waits for one
# that the ledger holds: the database ends the ledger's.
RSpec.describe "LlmRouter::Budget, in a deadlock" do
  waiting = {
    mariadb: "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
    postgresql: "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
  }

  waiting.each do |database, lock_waits|
    describe "on #{database}", database: database do
      let!(:budgets) { %i[first second].map { |name| model.for(nil, feature: name) } }
      let(:ledger) { LlmRouter::Budget::Ledger.new(budgets) }

      # PostgreSQL ends the transaction that finds the deadlock.
      before { connection.execute("SET deadlock_timeout = '2s'") if database == :postgresql }

      define_method(:await_lock_wait) do
        # InnoDB does not look anew for whoever reads this more often than every 0.1 s.
        sleep(0.2) until connection.uncached { connection.select_value(lock_waits) }.to_i.positive?
      end

      # Yields when the last budget is locked.
      def lock_in_the_other_order
        connection.execute("SET deadlock_timeout = '60s'") if connection.adapter_name == "PostgreSQL"
        connection.transaction do
          50.times { BudgetTable::Organization.create! }
          lock(budgets.last)
          yield
          await_lock_wait
          lock(budgets.first)
        end
      ensure
        ActiveRecord::Base.connection_pool.release_connection
      end

      def in_deadlock
        locked = Thread::Queue.new
        other = Thread.new { lock_in_the_other_order { locked << true } }
        locked.pop
        yield.tap { other.join }
      ensure
        other.kill.join
      end

      def lock(budget)
        model.unscoped.where(id: budget.id).lock.pluck(:id)
      end

      # So that the fast path leaves the act to the careful one.
      def let_lease_end
        attempt = LlmRouter::Attempt.new(lease: 90.0)
        budgets.first.reserve!(usd("0.5"), key: "old", attempt: attempt)
        model::Reservation.update_all(expires_at: 1.minute.ago)
      end

      def sums
        model.order(:id).pluck(:spent_usd, :reserved_usd)
      end

      it "reserves, and keeps the connection" do
        mine = connection
        in_deadlock { ledger.reserve!(usd("0.25"), key: "one") }
        expect(sums).to eq([[0, usd("0.25")]] * 2)
        expect(connection).to be(mine)
      end

      it "does what needs thought, and keeps the connection" do
        let_lease_end
        mine = connection
        in_deadlock { ledger.reserve!(usd("0.25"), key: "one") }
        expect(sums).to eq([[usd("0.5"), usd("0.25")], [0, usd("0.25")]])
        expect(connection).to be(mine)
      end

      it "settles" do
        reservation = ledger.reserve!(usd("0.25"), key: "one")
        in_deadlock { ledger.settle!(reservation, usd("0.125")) }
        expect(sums).to eq([[usd("0.125"), 0]] * 2)
      end
    end
  end

  describe "on mariadb", database: :mariadb do
    # By default MariaDB reads the whole of such a table, which locks what others wait for.
    it "locks no row of others, though the table is small" do
      mine = Array.new(3) { |index| model.for(nil, feature: index.to_s) }
      other = model.for(nil, feature: "other")
      Thread.new do
        connection.transaction do
          model.unscoped.where(id: other.id).lock.pluck(:id)
          Thread.new { LlmRouter::Budget::Ledger.new(mine).reserve!(usd("0.25"), key: "one") }.join
        end
      end.join
      expect(mine.map { |budget| budget.reload.reserved_usd }).to all(eq(usd("0.25")))
    end

    def uncertain(budget, reservation)
      Thread.new { model.connection_pool.with_connection { model.find(budget.id).uncertain!(reservation) } }.join
    end

    # To MariaDB that is one, where a transaction must not change what is newer than its snapshot. So it is by default
    # from 11.6.2 on.
    it "ends a lease, though its reservation is marked as uncertain at the same moment" do
      connection.execute("SET innodb_snapshot_isolation = ON")
      budget = model.for(nil)
      marks = [budget.reserve!(usd("0.5"), key: "old", attempt: LlmRouter::Attempt.new(lease: 0.0))]
      careful = allow_any_instance_of(LlmRouter::Budget::CarefulPath)
      careful.to receive(:end_lease).and_wrap_original do |act, *lease, **estimate|
        marks.shift&.then { |reservation| uncertain(budget, reservation) }
        act.call(*lease, **estimate)
      end
      budget.reserve!(usd("0.25"), key: "new")
      expect(model.pluck(:spent_usd, :reserved_usd)).to eq([[usd("0.5"), usd("0.25")]])
    ensure
      connection.execute("SET innodb_snapshot_isolation = DEFAULT")
    end
  end

  describe "on MySQL, where statements go one by one", database: :mariadb do
    it "reserves" do
      allow_any_instance_of(LlmRouter::Budget::Mysql).to receive(:block?).and_return(false)
      budget = model.for(nil)
      mine = connection
      ended = false
      allow_any_instance_of(LlmRouter::Budget::Mysql).to receive(:change).and_wrap_original do |change, *arguments|
        next change.call(*arguments) if ended

        ended = true
        connection.execute("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213")
      end
      budget.reserve!(usd("0.25"), key: "one")
      expect([budget.reload.reserved_usd, connection]).to eq([usd("0.25"), mine])
    end
  end
end
