# frozen_string_literal: true

class LlmRouter
  module Budget
    # MariaDB takes a block of statements as one; for MySQL, and within a transaction, they go one by one. The budgets
    # are locked first and in order. What only has to be looked at is read without a lock.
    # @api private
    class Mysql < Statement
      # @param columns [Hash] of the reservation
      # @param caps [Hash{Object => BigDecimal, nil}] by the row's id, in US dollars; for rows with none of their own
      # @return [true, nil] nil where nothing was reserved
      def reserve(columns, caps)
        usd, now = columns.values_at(:usd, :created_at)
        run(now, { reserved_usd: usd }, fits: fits(usd, caps),
                                        none: "#{reservations} WHERE #{ours} AND expires_at <= #{quote(now)}",
                                        insert: insert(reservations, columns.slice(*RESERVATION)))
      end

      # @param columns [Hash] of the charge
      # @param usd [BigDecimal] US dollars that are reserved
      # @return [true, nil] nil where nothing was settled
      def settle(columns, usd)
        charge(columns, { reserved_usd: -usd }, held: held(columns[:attempt_id], usd))
      end

      # @param columns [Hash] of the charge
      # @return [true, nil] nil where nothing was charged
      def charge(columns, changes = {}, **held)
        attempt_id, cost, now, kind = columns.values_at(:attempt_id, :cost_usd, :created_at, :kind)
        others = "#{charges} WHERE #{ours} AND #{of(attempt_id)}#{" AND kind <> 'estimate'" if kind == 'correction'}"
        run(now, { **changes, spent_usd: cost }, none: others, insert: insert(charges, columns, "period_started_on"),
                                                 **held)
      end

      # @param usd [BigDecimal] US dollars that are reserved
      # @return [true, nil] nil where nothing was released
      def release(attempt_id, now, usd)
        run(now, { reserved_usd: -usd }, held: held(attempt_id, usd))
      end

      private

      # @param changes [Hash{Symbol => BigDecimal}] US dollars that are added to columns of the budgets
      # @param rest [Hash{Symbol => String}] +fits+: a condition of each budget. +none+: rows that must not be there.
      #   +held+: rows that must be there, one for each budget, and are deleted. +insert+: adds a row for each budget
      def run(now, changes, **rest)
        changes = changes.map { |column, usd| "#{column} = #{sum([column], usd)}" }
        changes << "updated_at = #{quote(now)}" if @model.column_names.include?("updated_at")
        learn(query("UPDATE #{locked} SET #{changes.join(', ')} WHERE #{ours(key)}", **rest))
      end

      def query(update, fits: nil, none: nil, held: nil, insert: nil)
        changed = ["#{[update, current, *fits].join(' AND ')} ORDER BY #{key}", *("DELETE FROM #{held}" if held)]
        block? ? block(changed, none, insert) : one_by_one(changed, none, insert)
      end

      def block?
        @connection.open_transactions.zero? && @connection.respond_to?(:mariadb?) && @connection.mariadb? &&
          Database::AdapterInternals.abandon_results?(@connection)
      end

      def block(changed, none, insert)
        result = @connection.execute(<<~SQL, NAME)
          BEGIN NOT ATOMIC
            DECLARE others, done INT DEFAULT 0;
            DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
            START TRANSACTION;
            #{changed.map { |sql| "#{sql}; SET done = done + ROW_COUNT();" }.join(' ')}
            #{"SELECT COUNT(*) INTO others FROM #{none};" if none}
            IF others = 0 AND done = #{changed.size * @ids.size} THEN
              #{"#{insert};" if insert}
              SELECT #{figures} FROM #{budgets} WHERE #{ours(key)};
              COMMIT;
            ELSE ROLLBACK;
            END IF;
          END
        SQL
        # That of activerecord-trilogy-adapter makes Hashes of its rows otherwise.
        rows = result.respond_to?(:rows) ? result.rows : result.to_a
        rows.tap { Database::AdapterInternals.abandon_results(@connection) }
      end

      # No savepoint where a transaction is open: a deadlock would end it, and Active Record then closes the connection.
      def one_by_one(changed, none, insert)
        outer = @connection.open_transactions.positive?
        rows = Database::Transaction.run(@connection) do
          done = changed.sum { |sql| change(sql) }
          rows = figures_without(none || "(SELECT 0) none WHERE 0")
          unless done == changed.size * @ids.size && rows.size == @ids.size
            raise outer ? ActiveRecord::SerializationFailure : ActiveRecord::Rollback
          end

          @connection.execute(insert, NAME) if insert
          rows
        end
        rows.to_a
      end

      # @return [Array<Array>] nothing if the rows are there that must not be
      def figures_without(none)
        sql = "SELECT #{figures} FROM #{budgets} WHERE #{ours(key)} AND NOT EXISTS (SELECT 1 FROM #{none})"
        @connection.uncached { @connection.select_rows(sql, NAME) }
      end

      def figures = "spent_usd, reserved_usd, period_started_on, #{key}"

      def sum(columns, usd)
        [*columns, quote(usd)].join(" + ")
      end

      # A cap of the row's own counts, or else the model's.
      def fits(usd, caps)
        cases = caps.map { |id, cap| "WHEN #{quote(id)} THEN #{quote(cap)}" }
        cap = "COALESCE(cap_usd, CASE #{key} #{cases.join(' ')} END)"
        "COALESCE(#{sum(%w[spent_usd reserved_usd], usd)} <= #{cap}, TRUE)"
      end

      # An attempt reserves the same of each.
      def held(attempt_id, usd)
        "#{reservations} WHERE #{of(attempt_id)} AND #{ours} AND usd = #{quote(usd)}"
      end

      # Without it, all of a small table may be read, which locks the rows of others, too.
      def locked = "#{budgets} FORCE INDEX (PRIMARY)"

      # To insert what is selected locks as much as an update does.
      def insert(table, columns, *own)
        values = quoted(columns)
        rows = @ids.map do |id|
          of_row = own.map { |column| "(SELECT #{column} FROM #{budgets} WHERE #{key} = #{quote(id)})" }
          "(#{[quote(id), *of_row, *values].join(', ')})"
        end
        "INSERT INTO #{table} (#{names(columns, own)}) VALUES #{rows.join(', ')}"
      end

      def quoted(columns) = columns.values.map { |value| quote(value) }

      def names(columns, own)
        ["budget_id", *own, *columns.keys.map { |column| @connection.quote_column_name(column) }].join(", ")
      end
    end
  end
end
