# frozen_string_literal: true

require_relative "budget_helper"

# A call goes on where a release fails, and the estimate would be charged when the lease ends.
RSpec.describe "LlmRouter::Budget, on a connection that the server has closed" do
  let(:budget) { model.for(nil).tap { |row| row.update!(cap_usd: 1) } }

  closing = {
    postgresql: ["SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%d, 5000)"],
    mariadb: ["SELECT CONNECTION_ID()", "KILL %d"]
  }

  closing.each do |database, (id, kill)|
    describe "on #{database}", database: database do
      define_method(:lose_connection) do
        mine = connection.select_value(id)
        Thread.new { model.connection_pool.with_connection { |other| other.execute(format(kill, mine)) } }.join
      end

      # The server has done it, and its reply is lost.
      def lose_reply
        first = true
        allow_any_instance_of(LlmRouter::Budget::Statement.on(connection, [budget]).class)
          .to receive(:learn).and_wrap_original do |original, *arguments|
            original.call(*arguments).tap do
              next unless first

              first = false
              lose_connection
              connection.execute("SELECT 1")
            end
          end
      end

      def differences
        LlmRouter::Budget::Audit.new(model).differences
      end

      it "releases all the same" do
        held = budget.reserve!("0.5", key: "j")
        lose_connection
        budget.release!(held)
        expect([budget.reserved_usd, budget.charges.count, differences]).to eq([0, 0, []])
      end

      it "releases once where only the reply was lost" do
        held, = Array.new(2) { budget.reserve!("0.25", key: "j") }
        lose_reply
        budget.release!(held)
        expect([spent(budget), budget.reserved_usd, differences]).to eq([0, usd("0.25"), []])
      end
    end
  end

  # What an interrupt does not do: Active Record hands the connection on, and the next statement works.
  describe "on PostgreSQL", database: :postgresql do
    it "is still open after an interrupt in the middle of a statement, or of a transaction" do
      server = -> { connection.select_value("SELECT pg_backend_pid()") }
      before = server.call
      slow = -> { connection.execute("SELECT pg_sleep(60)") }
      [slow, -> { connection.transaction { slow.call } }].each do |work|
        caller = Thread.current
        watcher = Thread.new { interrupt_when_busy(before, caller) }
        expect { work.call }.to raise_error(Interrupt)
        watcher.join
        expect([server.call, connection.open_transactions]).to eq([before, 0])
      end
    end

    def interrupt_when_busy(server, thread)
      busy = "SELECT 1 FROM pg_stat_activity WHERE pid = #{server} AND wait_event = 'PgSleep'"
      model.connection_pool.with_connection do |other|
        eventually { other.uncached { other.select_value(busy) } }
        thread.raise(Interrupt)
        # Else the driver would wait for the reply to the statement that was cut short.
        other.execute("SELECT pg_cancel_backend(#{server})")
      end
    end
  end
end
