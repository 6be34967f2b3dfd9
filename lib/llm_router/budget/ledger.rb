# frozen_string_literal: true

class LlmRouter
  module Budget
    # The ledger of one or several rows of one table. Each act is one short transaction, on all of the rows or on none;
    # they are locked in the order of their ids, so that no two acts can wait for each other. Nearly always one
    # {Statement} does it; what needs thought goes the {CarefulPath}.
    # @api private
    class Ledger
      # As long as the columns are.
      MAX_LENGTH = 191
      # What the ledger calls a charge, by {Attempt#cost_basis}.
      KINDS = Hash.new("cost").update(computed: "computed", estimated: "estimate").freeze
      # The methods of a row that acts for many attempts go past.
      METHODS = %i[reserve! settle! release!].freeze
      private_constant :MAX_LENGTH, :KINDS, :METHODS

      # @return [Array<Budget>]
      attr_reader :budgets
      alias members budgets

      # @param budgets [Array<Budget>]
      def initialize(budgets)
        @budgets = budgets.one? ? budgets : budgets.sort_by { |budget| budget.id.to_s }
      end

      # @see Budget#reserve!
      def reserve!(usd, key:, attempt: nil)
        reservation = reservation(usd: usd, key: key, attempt: attempt)
        columns = { **reservation.to_h, **lease(attempt, Time.now) }
        # The app may look these up in the database: before anything is locked, and in its own role.
        caps = default_caps
        short = act(->(statement) { statement.reserve(columns, caps) }) { |careful| careful.reserve(columns, caps) }
        return reservation if short == true

        # Leases that were up may have been charged.
        Alerts.check(budgets)
        raise Refusal.new(short, caps, reservation.usd, budgets).error if short.any?

        reservation
      end

      # @see Budget#settle!
      def settle!(reservation, cost_usd, attempt: nil)
        columns = charge(cost_usd, attempt, reservation.attempt_id)
        Beside.of(model) do |beside|
          fast = ->(statement) { statement.settle(columns, reservation.usd) } unless beside
          act(fast, beside) { |careful| careful.settle(columns) }
        end
        ChargedAlready.note(budgets, cost_usd)
        Alerts.check(budgets)
      end

      # @see Budget#charge!
      def charge!(cost_usd, attempt: nil)
        columns = charge(cost_usd, attempt)
        # Only under lock is it certain that an attempt was not charged before, in another way.
        fast = ->(statement) { statement.charge(columns) } unless attempt
        act(fast) { |careful| careful.settle(columns) }
        Alerts.check(budgets)
      end

      # @see Budget#release!
      def release!(reservation)
        columns = { **charge(0, nil, reservation.attempt_id), kind: "cost" }
        id, now = columns.values_at(:attempt_id, :created_at)
        fast = ->(statement) { statement.release(id, now, reservation.usd) }
        act(fast, reconnect: true) { |careful| careful.release(columns) }
        nil
      end

      # @see Budget#uncertain!
      def uncertain!(reservation, attempt: nil)
        Database::OwnConnection.open(model) do |connection|
          Statement.on(connection, budgets).mark(reservation.attempt_id, storable(attempt&.generation_id))
        end
        nil
      end

      # @return [Boolean] whether the database has a statement for many attempts, and no model has methods of its own
      def many_attempts?
        Database.postgresql?(model.connection_pool) &&
          budgets.all? { |row| METHODS.all? { |name| row.method(name).owner == Budget } }
      end

      # @param claims [Array<Hash>] each what {#reserve!} takes: +usd+, +key+ and +attempt+
      # @return [Array<Reservation>, nil] nil where nothing was reserved
      def reserve_all(claims)
        now = Time.now
        reservations = claims.map { |claim| reservation(**claim) }
        rows = reservations.zip(claims).map { |held, claim| { **held.to_h, **lease(claim[:attempt], now) } }
        caps = default_caps
        reservations if act(->(statement) { statement.reserve(rows, caps) }) { nil }
      rescue RowLocked
        raise
      rescue StandardError
        # Its reply may be lost: then it has reserved.
        release_all(reservations)
        raise
      end

      # @param settlements [Array<Hash>] each what {#settle!} takes: +reservation+, +cost_usd+ and +attempt+
      # @return [Boolean] false where none was settled
      def settle_all(settlements)
        rows = settlements.map { |one| charge(one[:cost_usd], one[:attempt], one[:reservation].attempt_id) }
        return false unless act(->(statement) { statement.settle(rows, nil) }) { nil }

        ChargedAlready.note(budgets, settlements.last[:cost_usd])
        Alerts.check(budgets)
        true
      end

      private

      def release_all(reservations)
        reservations&.each { |reservation| release!(reservation) }
      rescue StandardError
        # The leases expire.
        nil
      end

      def reservation(usd:, key:, attempt:)
        Reservation.new(attempt_id: attempt&.id || Native.uuid, key: storable(key.to_s),
                        usd: Database::Usd.exact(usd, "usd"))
      end

      def default_caps
        budgets.to_h { |budget| [budget.id, budget.class.default_cap_for(budget)] }
      end

      # @return [Hash] columns of a charge
      def charge(cost_usd, attempt, attempt_id = attempt&.id || Native.uuid)
        { attempt_id: attempt_id, kind: KINDS[attempt&.cost_basis&.to_sym],
          cost_usd: Database::Usd.exact(cost_usd, "cost_usd"), **details(attempt), created_at: Time.now }
      end

      def lease(attempt, now)
        seconds = attempt&.lease || Lease.default
        { **details(attempt).slice(:model, :endpoint, :job_id), expires_at: now + seconds, created_at: now }
      end

      def details(attempt)
        return {} unless attempt

        known = attempt.to_h.slice(:model, :endpoint, :job_id, :generation_id, :prompt_tokens, :completion_tokens)
        tags = attempt.tags
        { **known.transform_values { |value| storable(value) },
          tags: (JSON.generate(tags).delete("\0") if tags&.any?) }
      end

      # Makes a value of an app or an endpoint fit the column, so that it cannot prevent a charge.
      def storable(value)
        return value if value.nil? || (value.is_a?(Integer) && value.bit_length < 64)

        value.to_s.scrub.delete("\0")[0, MAX_LENGTH] unless value.is_a?(Integer)
      end

      # @param fast [Proc, nil] does it with a {Statement}, or returns nil
      # @param beside [Beside, nil] what the careful path writes with it
      # @param reconnect [Boolean] whether a lost connection is opened again: what is only ended does no harm twice, nor
      #   in another schema, where the session had one
      # @yieldparam careful [CarefulPath] where the fast path does not do it
      # @return [Object] true where that did it, or else what the block returns
      def act(fast, beside = nil, reconnect: false)
        raise Row.missing(budgets) unless budgets.all?(&:id)

        Database::OwnConnection.bare(model) do |connection, settings|
          # An error would end a test's own transaction.
          alone = settings.empty? && connection.open_transactions.zero?
          next true if alone && fast && done?(fast, connection, reconnect)

          yield CarefulPath.new(connection, budgets, settings, beside)
        end
      end

      def done?(fast, connection, reconnect)
        fast.call(Statement.on(connection, budgets))
      rescue *CarefulPath::AGAIN
        false
      rescue ActiveRecord::LockWaitTimeout
        raise RowLocked, Database::OwnConnection.locked(model)
      rescue ActiveRecord::StatementInvalid, ActiveRecord::ConnectionNotEstablished
        raise if !reconnect || connection.active?

        connection.verify!
        false
      end

      def model
        @budgets.first.class
      end
    end
  end
end
