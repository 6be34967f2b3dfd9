# frozen_string_literal: true

class LlmRouter
  module Budget
    # The books of one or several rows of one database. Each act is one short transaction, on all of
    # the rows or on none; they are locked in the order of their tables and ids, so that no two acts
    # can wait for each other.
    # @api private
    class Books
      # As long as the columns are.
      LONGEST = 191
      # How the ledger calls a charge, by {Attempt#cost_basis}.
      KINDS = Hash.new("cost").update(computed: "computed", estimated: "estimate").freeze
      private_constant :LONGEST, :KINDS

      # @return [Array<Budget>]
      attr_reader :budgets
      alias members budgets

      # @param budgets [Array<Budget>]
      def initialize(budgets)
        @budgets = budgets.sort_by { |budget| [budget.class.table_name, budget.id.to_s] }
      end

      # @see Budget#reserve!
      def reserve!(usd, key:, attempt: nil)
        reservation = Reservation.new(attempt_id: attempt&.id || Native.uuid, key: key.to_s[0, LONGEST],
                                      usd: Usd.exact(usd, "usd"))
        short = reserve(reservation, attempt, Time.now)
        raise Refusal.new(short, reservation.usd, budgets).error if short.any?

        reservation
      end

      # @see Budget#settle!
      def settle!(reservation, cost_usd, attempt: nil)
        book(reservation.attempt_id, cost_usd, attempt) do |statement, columns|
          statement.settle(columns, reservation.usd)
        end
        ChargedAlready.note(budgets, cost_usd)
      end

      # @see Budget#charge!
      def charge!(cost_usd, attempt: nil)
        book(attempt&.id || Native.uuid, cost_usd, attempt)
      end

      # @see Budget#release!
      def release!(reservation)
        id = reservation.attempt_id
        now = Time.now
        quick = ->(statement) { statement.release(id, now, reservation.usd) }
        write(Look.new(attempt_id: id), partly: true, quick: quick) do |pages|
          pages.each { |page| page.release(id, created_at: now) }
        end
        nil
      end

      # @see Budget#uncertain!
      def uncertain!(reservation, attempt: nil)
        known = { uncertain: true, generation_id: storable(attempt&.generation_id) }
        OwnConnection.open(model) do |connection|
          by_table.each do |budgets|
            sql = Sql.new(connection, budgets.first.class)
            connection.update(sql.mark(budgets.map(&:id), reservation.attempt_id, known))
          end
        end
        nil
      end

      private

      # Another run of the same attempt may be on the wire, whatever their key: what it reserved stays until
      # its lease is up.
      # @return [Array<Page>] those without room; nothing is reserved if there are any
      def reserve(reservation, attempt, now)
        columns = lease(attempt, now)
        # The app may look these up in the database: before anything is locked, and in its own role.
        default_caps = Transaction.default_caps(@budgets)
        quick = ->(statement) { statement.reserve({ **reservation.to_h, **columns }, default_caps.values) }
        short = []
        write(Look.new(now: now), default_caps: default_caps, quick: quick) do |pages|
          pages.each { |page| page.expire(now, LlmRouter.config.on_uncertain) }
          short = pages.reject { |page| page.fits?(reservation.usd) }
          pages.each { |page| page.reserve(reservation, columns) } if short.empty?
        end
        short
      end

      def book(attempt_id, cost_usd, attempt)
        usd = Usd.exact(cost_usd, "cost_usd")
        columns = { **details(attempt), created_at: Time.now }
        kind = KINDS[attempt&.cost_basis&.to_sym]
        quick = ->(statement) { yield statement, { attempt_id: attempt_id, kind: kind, cost_usd: usd, **columns } }
        write(Look.new(attempt_id: attempt_id), quick: (quick if block_given?)) do |pages|
          pages.each { |page| page.settle(attempt_id, usd, columns, kind) }
        end
        nil
      end

      def lease(attempt, now)
        seconds = attempt&.lease || Lease.default
        { **details(attempt).slice(:model, :endpoint, :job_id), expires_at: now + seconds, created_at: now }
      end

      def details(attempt)
        known = attempt.to_h.slice(:model, :endpoint, :job_id, :generation_id, :prompt_tokens, :completion_tokens)
        known.transform_values { |value| storable(value) }
      end

      # What an endpoint says of itself is no reason not to book what it cost.
      def storable(value)
        return value if value.nil? || (value.is_a?(Integer) && value.bit_length < 64)

        value.to_s.delete("\0")[0, LONGEST] unless value.is_a?(Integer)
      end

      # @param quick [Proc, nil] does it with a {OneStatement}, or returns nil
      def write(look, quick: nil, **options, &act)
        raise Row.missing(@budgets) unless @budgets.all?(&:id)

        known = Tables.needed(model) do
          OwnConnection.bare(model) do |connection, settings|
            (quickly(connection, quick) if quick && settings.empty?) ||
              transact(connection, look, settings: settings, **options, &act)
          end
        end
        learn(known)
      end

      def quickly(connection, quick)
        one = OneStatement.on(connection, @budgets)
        one && quick.call(one)
      end

      # @return [Hash{Array => Hash}] what the rows say now, by table and id
      def transact(connection, look, **options)
        known = nil
        Transaction.on(connection, by_table, **options).run(look) do |pages|
          yield pages
          known = pages.to_h { |page| [Transaction.name_of(page.budget), page.figures] }
        end
        known
      end

      def learn(known)
        budgets.each do |budget|
          figures = known[Transaction.name_of(budget)]
          budget.learn(**figures) if figures
        end
      end

      def by_table
        @budgets.group_by { |budget| budget.class.table_name }.values
      end

      def model
        @budgets.first.class
      end
    end
  end
end
