# frozen_string_literal: true

require "llm_router/budget/many_attempts"

class LlmRouter
  module Budget
    # The ledger of one or several rows of one database. Each act is one short transaction, on all of
    # the rows or on none; they are locked in the order of their tables and ids, so that no two acts
    # can wait for each other. Nearly always one statement does it ({OneStatement}); what needs thought goes the
    # {CarefulPath}.
    # @api private
    class Ledger
      include ManyAttempts

      # As long as the columns are.
      MAX_LENGTH = 191
      # What the ledger calls a charge, by {Attempt#cost_basis}.
      KINDS = Hash.new("cost").update(computed: "computed", estimated: "estimate").freeze
      NOTHING = {}.freeze
      private_constant :MAX_LENGTH, :KINDS, :NOTHING

      # @return [Array<Budget>]
      attr_reader :budgets
      alias members budgets

      # @param budgets [Array<Budget>]
      def initialize(budgets)
        @budgets = budgets.one? ? budgets : budgets.sort_by { |budget| [budget.class.table_name, budget.id.to_s] }
      end

      # @see Budget#reserve!
      def reserve!(usd, key:, attempt: nil)
        reservation = reservation(usd: usd, key: key, attempt: attempt)
        short = reserve(reservation, attempt, Time.now)
        raise Refusal.new(short, reservation.usd, budgets).error if short.any?

        reservation
      end

      # @see Budget#settle!
      def settle!(reservation, cost_usd, attempt: nil)
        charge(reservation.attempt_id, cost_usd, attempt) do |statement, columns|
          statement.settle(columns, reservation.usd)
        end
        ChargedAlready.note(budgets, cost_usd)
      end

      # @see Budget#charge!
      def charge!(cost_usd, attempt: nil)
        charge(attempt&.id || Native.uuid, cost_usd, attempt) do |statement, columns|
          # Only under lock is it certain that an attempt was not charged before, in another way.
          statement.charge(columns) unless attempt
        end
      end

      # @see Budget#release!
      def release!(reservation)
        id = reservation.attempt_id
        now = Time.now
        fast = ->(statement) { statement.release(id, now, reservation.usd) }
        act(fast, partly: true, attempt_id: id) do |snapshots|
          snapshots.each { |snapshot| snapshot.release(id, created_at: now) }
        end
        nil
      end

      # @see Budget#uncertain!
      def uncertain!(reservation, attempt: nil)
        known = { uncertain: true, generation_id: storable(attempt&.generation_id) }
        OwnConnection.open(model) do |connection|
          CarefulPath.tables(budgets).each do |model, ids|
            update = Statements.new(connection, model).mark(ids, reservation.attempt_id, known)
            connection.update(update, "LlmRouter::Budget")
          end
        end
        nil
      end

      private

      def reservation(usd:, key:, attempt:)
        Reservation.new(attempt_id: attempt&.id || Native.uuid, key: key.to_s[0, MAX_LENGTH],
                        usd: Usd.exact(usd, "usd"))
      end

      # Another run of the same attempt may be on the wire, whatever their key: what it reserved stays until
      # its lease is up.
      # @return [Array<Snapshot>] those without room; nothing is reserved if there are any
      def reserve(reservation, attempt, now)
        columns = lease(attempt, now)
        # The app may look these up in the database: before anything is locked, and in its own role.
        caps = default_caps
        fast = ->(statement) { statement.reserve({ **reservation.to_h, **columns }, caps) }
        short = []
        act(fast, default_caps: caps, now: now) do |snapshots|
          snapshots.each { |snapshot| snapshot.expire(now, Configuration.current.on_uncertain) }
          short = snapshots.reject { |snapshot| snapshot.fits?(reservation.usd) }
          snapshots.each { |snapshot| snapshot.reserve(reservation, columns) } if short.empty?
        end
        short
      end

      def default_caps
        budgets.map { |budget| budget.class.default_cap_for(budget) }
      end

      # @yieldparam statement [OneStatement]
      # @yieldparam columns [Hash] of the charge
      def charge(attempt_id, cost_usd, attempt)
        usd = Usd.exact(cost_usd, "cost_usd")
        columns = { **details(attempt), created_at: Time.now }
        kind = kind(attempt)
        fast = ->(statement) { yield statement, { attempt_id: attempt_id, kind: kind, cost_usd: usd, **columns } }
        act(fast, attempt_id: attempt_id) do |snapshots|
          snapshots.each { |snapshot| snapshot.settle(attempt_id, usd, columns, kind) }
        end
        nil
      end

      def kind(attempt)
        KINDS[attempt&.cost_basis&.to_sym]
      end

      def lease(attempt, now)
        seconds = attempt&.lease || Lease.default
        { **details(attempt).slice(:model, :endpoint, :job_id), expires_at: now + seconds, created_at: now }
      end

      def details(attempt)
        return NOTHING unless attempt

        known = attempt.to_h.slice(:model, :endpoint, :job_id, :generation_id, :prompt_tokens, :completion_tokens)
        tags = attempt.tags
        { **known.transform_values { |value| storable(value) },
          tags: (JSON.generate(tags).delete("\0") if tags&.any?) }
      end

      # Makes an endpoint's values fit the columns, so that they cannot prevent a charge.
      def storable(value)
        return value if value.nil? || (value.is_a?(Integer) && value.bit_length < 64)

        value.to_s.delete("\0")[0, MAX_LENGTH] unless value.is_a?(Integer)
      end

      # @param fast [Proc] does it with a {OneStatement}, or returns nil
      # @param options [Hash] see {CarefulPath}
      # @yieldparam snapshots [Array<Snapshot>] where the fast path does not do it
      def act(fast, **options, &)
        raise Row.missing(budgets) unless budgets.all?(&:id)

        Tables.needed(model) do
          OwnConnection.bare(model) do |connection, settings|
            statement = OneStatement.on(connection, budgets) if settings.empty?
            next if statement && fast.call(statement)

            CarefulPath.on(connection, budgets, settings: settings, **options).run(&)
          end
        end
      end

      def model
        @budgets.first.class
      end
    end
  end
end
