# frozen_string_literal: true

class LlmRouter
  module Budget
    # As {Mysql}, for SQLite: its statements go in one call of the library. The first changes all of the budgets or
    # none; each of the others does something only if the one before it changed as many rows.
    #
    # SQLite would add Floats. So money, which is text there (see {Database::Usd}), is added in three whole numbers: the
    # dollars, and two of 15 decimals. Where the budgets have been read, the sums are computed in Ruby instead, and they
    # count only if the rows are still the same.
    # @api private
    class Sqlite < Mysql
      # 15 decimals as a whole number are below this.
      BASE = 10**15
      # US dollars that can be added as whole numbers.
      MAX = BigDecimal(10**18)
      # An amount as {Database::Usd.text} writes it. One that was put there by hand may be written otherwise.
      LENGTH = Database::Usd.text(MAX).size
      WRITTEN = %w[spent_usd reserved_usd].flat_map do |column|
        ["length(#{column}) = #{LENGTH}", "#{column} < '#{Database::Usd.text(MAX)}'"]
      end.push("COALESCE(length(cap_usd), #{LENGTH}) = #{LENGTH}").freeze
      # All that was computed depends on these.
      READ = %w[cap_usd spent_usd reserved_usd period period_started_on].freeze
      # As SQLite numbers its errors: the database is busy, a table is locked.
      BUSY = [5, 6].freeze
      CONSTRAINT = 19
      private_constant :BASE, :MAX, :LENGTH, :WRITTEN, :READ, :BUSY, :CONSTRAINT

      private

      def change(sql)
        batch([sql])
      end

      def run(now, changes, **rest)
        super if @seen || changes.each_value.all? { |usd| usd.abs < MAX }
      end

      def query(update, fits: nil, none: nil, held: nil, insert: nil)
        update = [update, as_many("#{budgets} WHERE #{simple(fits, held)}"), *(as_many(held) if held),
                  "NOT EXISTS (SELECT 1 FROM #{none || '(SELECT 0) WHERE 0'})"].join(" AND ")
        rest = [*("DELETE FROM #{held}" if held), *insert, "SELECT #{figures} FROM #{budgets} WHERE #{ours(key)}"]
        rows = batch([update, *rest.map { |sql| "#{sql} AND #{all_changed}" }, *beside(insert)])
        rows.to_a.map { |row| row.is_a?(Hash) ? row.values : row }
      end

      def locked = budgets

      def insert(table, columns, *own)
        "INSERT INTO #{table} (#{names(columns, own)}) " \
          "SELECT #{[key, *own, *quoted(columns)].join(', ')} FROM #{budgets} WHERE #{ours(key)}"
      end

      def all_changed = "changes() = #{@ids.size}"

      # What is written with a charge, which inserts.
      def beside(insert)
        @beside.sql(@connection, all_changed) if @beside && insert
      end

      # One transaction in one call of the library: no other thread runs until it is done. Whoever waits for another
      # writer holds the GVL; if that were a thread of this process in the middle of a transaction, both would wait in
      # vain.
      # @return [Array, nil] rows that the statements return; nil where a constraint refused something
      # @raise [RowLocked, ActiveRecord::RecordNotUnique]
      def batch(statements)
        # Inside a test's own transaction.
        nested = @connection.open_transactions.positive?
        # A failed write rolls its transaction back at once, not only when Ruby handles the error.
        statements = statements.map { |one| one.sub(/\A(UPDATE|INSERT)/, "\\1 OR ROLLBACK") } unless nested
        at_once(nested ? "SAVEPOINT llm_router" : "BEGIN IMMEDIATE", *statements,
                nested ? "RELEASE SAVEPOINT llm_router" : "COMMIT")
      rescue SQLite3::Exception, RuntimeError, ActiveRecord::StatementInvalid => e
        refused(e, nested)
      ensure
        @connection.clear_query_cache
      end

      def at_once(*statements)
        Database::AdapterInternals.execute_batch(@connection, statements.join("; "))
      end

      # Rails 7.1 and later raise their own error, older libraries a RuntimeError: the library knows what it is.
      def refused(error, nested)
        code = Database::AdapterInternals.error_code(@connection)
        busy = BUSY.include?(code)
        open = nested ? !busy : Database::AdapterInternals.transaction_active?(@connection)
        at_once(nested ? "ROLLBACK TO SAVEPOINT llm_router" : "ROLLBACK") if open
        raise RowLocked, Database::OwnConnection.locked(@model) if busy
        raise ActiveRecord::StatementInvalid, error.message unless code == CONSTRAINT
        raise ActiveRecord::RecordNotUnique, error.message if error.message.include?("UNIQUE")
      end

      def simple(fits, held)
        return same if @seen

        # Texts of one length compare as their amounts do.
        enough = "reserved_usd >= (SELECT MAX(usd) FROM #{held})" if held
        [ours(key), current, *WRITTEN, *fits, *enough].join(" AND ")
      end

      def same
        each = @budgets.map do |row|
          of_row = [@model.primary_key, *READ].map do |name|
            "#{@connection.quote_column_name(name)} IS #{quote(row.read_attribute_before_type_cast(name))}"
          end
          "(#{of_row.join(' AND ')})"
        end
        "(#{each.join(' OR ')})"
      end

      def as_many(rows)
        "(SELECT COUNT(*) FROM #{rows}) = #{@ids.size}"
      end

      def sum(columns, usd)
        @seen ? sum_of_rows(columns.first, usd) : sum_of_texts(columns, usd)
      end

      def sum_of_rows(column, usd)
        "CASE #{key} #{@budgets.map { |row| "WHEN #{quote(row.id)} THEN #{quote(row[column] + usd)}" }.join(' ')} END"
      end

      def sum_of_texts(columns, usd)
        rest, last = (usd * (BASE**2)).to_i.divmod(BASE)
        dollars, first = rest.divmod(BASE)
        last = added(columns, 37, 15, last)
        first = "#{added(columns, 22, 15, first)} + (#{last}) / #{BASE}"
        dollars = "#{added(columns, 1, 20, dollars)} + (#{first}) / #{BASE}"
        "printf('%020d.%015d%015d USD', #{dollars}, (#{first}) % #{BASE}, (#{last}) % #{BASE})"
      end

      # To SQLite, a text of digits in a sum is a whole number.
      def added(columns, start, length, number)
        [*columns.map { |column| "substr(#{column}, #{start}, #{length})" }, number].join(" + ")
      end

      # The seen rows' room was seen in Ruby.
      def fits(...)
        super unless @seen
      end

      def quote(value)
        super(value.is_a?(BigDecimal) ? Database::Usd.text(value) : value)
      end
    end
  end
end
