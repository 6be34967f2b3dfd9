# frozen_string_literal: true

class LlmRouter
  module Budget
    # What the fast path of a {Ledger} leaves undone: reads the rows, turns their period, ends leases, corrects
    # estimates, and then does the act with the same statements. In PostgreSQL and MySQL the rows are locked meanwhile.
    # In SQLite, where nothing may be locked while Ruby works (see {Sqlite}), each statement does nothing if a row is no
    # longer as it was read: then all is done anew.
    # @api private
    class CarefulPath
      # In SQLite, somebody else got through each time, so an act succeeds long before.
      MAX_TRIES = { true => 200, false => 5 }.freeze
      AGAIN = [ActiveRecord::RecordNotUnique, ActiveRecord::Deadlocked, ActiveRecord::SerializationFailure].freeze
      private_constant :MAX_TRIES

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param budgets [Array<Budget>] of one table, in the order in which they are locked
      # @param settings [Array<String>] statements that come first
      # @param beside [Beside, nil] what is written with the act
      def initialize(connection, budgets, settings, beside = nil)
        @connection = connection
        @budgets = budgets
        @model = budgets.first.class
        @settings = settings
        @beside = beside
        @sqlite = Database.sqlite?(@model.connection_pool)
        # Inside a test's own transaction.
        @nested = connection.open_transactions.positive?
      end

      # @param columns [Hash] of the reservation
      # @param caps [Hash{Object => BigDecimal, nil}] by the row's id, in US dollars; for rows with none of their own
      # @return [Array<Budget>] those without room; nothing is reserved if there are any
      def reserve(columns, caps)
        short = []
        run do |rows|
          end_leases(rows, columns[:created_at])
          short = rows.reject { |row| Refusal.room?(row, caps, columns[:usd]) }
          short.any? || on(rows).reserve(columns, caps)
        end
        short
      end

      # Ends the reservation and charges the cost, unless that was done before. Where an estimate was charged meanwhile,
      # corrects it.
      # @param columns [Hash] of the charge
      # @return [void]
      def settle(columns)
        run do |rows|
          complete!(rows)
          records = records(rows, columns[:attempt_id])
          # Rows that are alike are charged in one statement: all of them, or none.
          alike = rows.group_by do |row|
            held, charges = records[row]
            charges.any? ? row : held&.usd
          end
          alike.each_value.map { |some| settled?(some, *records[some.first], columns) }.all?
        end
      end

      # Also where another row was deleted. Where an estimate was charged meanwhile, takes it back.
      # @param columns [Hash] of a charge of nothing
      # @return [void]
      def release(columns)
        run do |rows|
          complete!(rows) if rows.empty?
          records(rows, columns[:attempt_id]).map do |row, (held, charges)|
            charges.empty? ? ended?(row, held, columns) : corrected?(row, held, charges, columns)
          end.all?
        end
      end

      private

      # @yieldparam rows [Array<Budget>] as the database has them
      # @yieldreturn [Boolean] whether it is done
      # @raise [RowMissing, RowLocked]
      def run(&)
        MAX_TRIES.fetch(@sqlite).times do |tries|
          rows = transaction { attempt(&) }
          return learn(rows) if rows
        rescue *AGAIN
          raise if @nested || tries == MAX_TRIES.fetch(@sqlite) - 1
        rescue ActiveRecord::LockWaitTimeout
          break
        end
        raise RowLocked, Database::OwnConnection.locked(@model)
      end

      def transaction(&)
        return yield if @sqlite

        return @connection.transaction(requires_new: true, &) if @nested

        Database::OwnConnection.transaction(@connection, @settings, &)
      end

      def attempt
        rows = read
        rows = read if rows.any? { |row| Database::Period.over?(row) } && on(rows).turn
        return unless yield rows

        @connection.execute(@beside.sql(@connection), Statement::NAME) if @beside && !@sqlite
        rows
      end

      # Locked by their ids alone: to read whole rows, MariaDB may walk through a small table and lock others, too.
      def read
        key = @model.primary_key
        rows = @model.unscoped.where(key => @budgets.map(&:id)).order(key)
        Row.all(@connection, rows.select(key).lock) unless @sqlite
        Row.all(@connection, rows)
      end

      def complete!(rows)
        missing = @budgets.reject { |budget| rows.any? { |row| row.id == budget.id } }
        raise Row.missing(missing) if missing.any?
      end

      def on(rows)
        Statement.on(@connection, rows, seen: true, beside: @beside)
      end

      # As {Configuration#on_uncertain} says. No estimate is charged to an attempt whose cost is known.
      def end_leases(rows, now)
        complete!(rows)
        up = @model::Reservation.unscoped.where(budget_id: rows.map(&:id)).where("expires_at <= ?", now).order(:id)
        Row.all(@connection, up).each do |lease|
          row = rows.find { |one| one.id == lease.budget_id }
          known = lease.attributes.slice("attempt_id", "model", "endpoint", "job_id").symbolize_keys
          end_lease(row, lease, kind: "estimate", cost_usd: lease.usd, created_at: now, **known)
        end
      end

      def end_lease(row, lease, **estimate)
        _, charges = records([row], lease.attempt_id)[row]
        charged = charges.any? || Configuration.current.on_uncertain == :release
        charged ? ended?(row, lease, estimate) : on([row]).settle(estimate, lease.usd)
      end

      # @return [Hash{Budget => Array}] the reservation of the attempt, or nil, and its charges
      def records(rows, attempt_id)
        of_attempt = { budget_id: rows.map(&:id), attempt_id: attempt_id }
        held, charges = [@model::Reservation, @model::Charge].map do |model|
          Row.all(@connection, model.unscoped.where(of_attempt)).group_by(&:budget_id)
        end
        rows.to_h { |row| [row, [held[row.id]&.first, charges.fetch(row.id, [])]] }
      end

      def settled?(rows, held, charges, columns)
        return corrected?(rows.first, held, charges, columns) if charges.any?

        held ? on(rows).settle(columns, held.usd) : on(rows).charge(columns)
      end

      def ended?(row, held, columns)
        held.nil? || on([row]).release(columns[:attempt_id], columns[:created_at], held.usd)
      end

      # Money of a past period does not return to this one.
      def corrected?(row, held, charges, columns)
        return false unless ended?(row, held, columns)

        estimate, *others = charges
        return true if others.any? || estimate.kind != "estimate" || columns[:kind] == "estimate"

        difference = columns[:cost_usd] - estimate.cost_usd
        difference = [difference, BigDecimal(0)].max if estimate.period_started_on < row.period_started_on
        on([row]).charge({ **columns, kind: "correction", cost_usd: difference })
      end

      # The caller's records then say what the rows do.
      def learn(rows)
        @budgets.each do |budget|
          row = rows.find { |one| one.id == budget.id }
          row && budget.learn(row[:spent_usd], row[:reserved_usd], row.period_started_on)
        end
      end
    end
  end
end
