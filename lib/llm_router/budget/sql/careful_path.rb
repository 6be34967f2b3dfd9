# frozen_string_literal: true

class LlmRouter
  module Budget
    # What the one statement of the fast path cannot decide: reads the rows of some budgets, with the reservations and
    # charges that an act has to see, lets a block act on {Snapshot}s, and writes what changed, on all rows or on none.
    # The block may run more than once.
    # @api private
    class CarefulPath
      # @return [CarefulPath] of the kind that the database needs
      def self.on(connection, budgets, **options)
        sqlite = OwnConnection.sqlite?(budgets.first.class.connection_pool)
        (sqlite ? Optimistic : Locking).new(connection, budgets, **options)
      end

      # Rows of two tables may have the same id, and those of one may be of two classes.
      def self.name_of(budget)
        [budget.class.table_name, budget.id]
      end

      # @return [Array<Array(Class, Array)>] each table's model, and the ids of its rows
      def self.tables(budgets)
        same = budgets.group_by { |budget| budget.class.table_name }.values
        same.map { |rows| [rows.first.class, rows.map(&:id)] }
      end

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param budgets [Array<Budget>] in the order in which they are locked
      # @param settings [Array<String>] statements that come first
      # @param partly [Boolean] for acts that are worth doing on the rows that are there, where others were deleted
      # @param default_caps [Array<BigDecimal, nil>] of the budgets, for acts that need to know them
      # @param seen [Hash] what the act has to see: the reservations and charges of an +attempt_id+, or the leases that
      #   are up by +now+
      def initialize(connection, budgets, settings: [], partly: false, default_caps: [], **seen)
        @connection = connection
        @budgets = budgets
        @settings = settings
        @partly = partly
        @default_caps = budgets.map { |budget| CarefulPath.name_of(budget) }.zip(default_caps).to_h
        @seen = seen
        # Inside a test's own transaction.
        @nested = connection.open_transactions.positive?
      end

      # @yieldparam snapshots [Array<Snapshot>]
      # @return [void]
      # @raise [RowMissing, RowLocked]
      def run
        raise NotImplementedError
      end

      private

      def tables
        @tables ||= CarefulPath.tables(@budgets)
      end

      def snapshots
        all = tables.flat_map do |model, ids|
          rows = @connection.uncached { @connection.select_all(Statements.new(@connection, model).read(ids, **@seen)) }
          rows.to_a.group_by { |row| row.fetch(model.primary_key) }.each_value.map { |joined| snapshot(model, joined) }
        end
        complete!(all)
        all
      end

      def snapshot(model, joined)
        budget = model.instantiate(joined.first.slice(*model.column_names))
        Snapshot.new(budget, cap: budget[:cap_usd] || @default_caps[CarefulPath.name_of(budget)],
                             reservations: records(model::Reservation, joined, "r", Statements::RESERVATION),
                             charges: records(model::Charge, joined, "c", Statements::CHARGE))
      end

      def records(model, joined, letter, columns)
        rows = joined.map { |row| columns.to_h { |column| [column, row["#{letter}_#{column}"]] } }
        rows.select { |row| row["id"] }.uniq { |row| row["id"] }.map { |row| model.instantiate(row) }
      end

      def complete!(snapshots)
        return if @partly && snapshots.any?

        found = snapshots.map { |snapshot| CarefulPath.name_of(snapshot.budget) }
        missing = @budgets.reject { |budget| found.include?(CarefulPath.name_of(budget)) }
        raise Row.missing(missing) if missing.any?
      end

      # @return [Array<String>]
      def writes(snapshots, &)
        snapshots.select(&:changed?).flat_map do |snapshot|
          Statements.new(@connection, snapshot.budget.class).write(snapshot, &)
        end
      end

      # The caller's records then say what the rows do.
      def learn(snapshots)
        figures = snapshots.to_h { |snapshot| [CarefulPath.name_of(snapshot.budget), snapshot.figures] }
        @budgets.each { |budget| figures[CarefulPath.name_of(budget)]&.then { |known| budget.learn(*known) } }
      end

      def locked
        RowLocked.new(OwnConnection.locked(@budgets.first.class))
      end
    end
  end
end
