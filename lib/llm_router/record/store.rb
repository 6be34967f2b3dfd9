# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Adds a {Part} to the tables, in one transaction: a few statements, however many calls it counts.
    # @api private
    class Store
      # Rows of one statement.
      BATCH = 100
      NAME = "LlmRouter::CallRecord"
      private_constant :BATCH, :NAME

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      def initialize(connection)
        @connection = connection
      end

      # SQLite has one writer, and before Rails 7.2 a charge that waits for it lets no other thread of its process run:
      # so a transaction is short there.
      # @return [Integer] rows of one transaction
      def self.most_at_once
        Database::Usd.text?(Stat.model) ? 20 : 1000
      end

      # @param error [ActiveRecord::StatementInvalid]
      # @return [Boolean] whether others write at the moment
      def self.busy?(error)
        [ActiveRecord::TransactionRollbackError, ActiveRecord::LockWaitTimeout].any? { |kind| error.is_a?(kind) } ||
          error.message.match?(/database (?:table )?is locked|SQLite3::BusyException/)
      end

      # Writes a part, unless an earlier transaction has.
      # @param part [Part]
      # @yield when it is written. Without a marker, no interrupt may come in between; with one, it may, for a server
      #   could keep the end of the process waiting
      # @return [void]
      def write(part)
        return Uninterrupted.run { yield commit(part) } if text?

        yield commit(part)
      end

      # @param markers [Array<Array>] of parts that are written for certain
      # @return [void]
      def unmark(markers)
        keys = markers.map { |marker| "(#{equal(columns(marker)).join(' AND ')})" }
        @connection.execute("DELETE FROM #{Stat.name} WHERE #{keys.join(' OR ')}", NAME)
      end

      private

      def commit(part)
        # Not while the database is locked: it takes a connection of the pool.
        [Stat, Incident].each { |table| table.model.columns_hash }
        Database::Transaction.run(@connection, **isolation) { text? ? add_all(part) : add_marked(part) }
      rescue ActiveRecord::RecordNotUnique
        raise unless part.committing?
      end

      # If an earlier transaction with the marker is not over, this waits for its end. SQLite needs no marker: its reply
      # is not lost on the way.
      def add_marked(part)
        @connection.execute(Stat.insert(@connection, [columns(part.marker)]), NAME)
        add_all(part)
        part.committing
      end

      def add_all(part)
        part.rows.each_slice(BATCH) { |batch| add(batch.map { |key, tally| [columns(key), tally] }) }
        incidents = part.incidents.map { |incident| { environment: environment, **incident } }
        incidents.each_slice(BATCH) { |batch| @connection.execute(Incident.insert(@connection, batch), NAME) }
      end

      def columns((slot, chain, feature, model, outcome))
        { starts_at: Time.at(slot * Columns::SLOT).utc, chain: chain, feature: feature, environment: environment,
          model: model, outcome: outcome }
      end

      def environment
        Environment.name[0, 64]
      end

      def add(rows)
        values = rows.map { |key, tally| { **key, **(text? ? counts(tally) : tally.to_h) } }
        sums = values.first.keys - Columns::KEY
        @connection.execute("#{Stat.insert(@connection, values)} #{or_add(sums)}", NAME)
        rows.each { |key, tally| add_money(key, tally) if tally.money.any?(&:nonzero?) } if text?
      end

      def or_add(sums)
        return "ON DUPLICATE KEY UPDATE #{added(sums) { |name| "VALUES(#{name})" }}" if mysql?

        "ON CONFLICT (#{Columns::KEY.map { |column| quoted(column) }.join(', ')}) DO UPDATE SET " \
          "#{added(sums) { |name| "excluded.#{name}" }}"
      end

      def added(sums)
        sums.map do |column|
          name = quoted(column)
          "#{name} = #{"#{@connection.quote_table_name(Stat.name)}." unless mysql?}#{name} + #{yield name}"
        end.join(", ")
      end

      # Money is text in SQLite, see {Database::Usd}: added here, after the counts have locked the database.
      def add_money(key, tally)
        where = equal(key).join(" AND ")
        known = @connection.select_one("SELECT #{Columns::MONEY.join(', ')} FROM #{Stat.name} WHERE #{where}", NAME)
        sums = Columns::MONEY.zip(tally.money).to_h do |column, usd|
          [column, Stat.model.type_for_attribute(column.to_s).deserialize(known.fetch(column.to_s)) + usd]
        end
        @connection.execute("UPDATE #{Stat.name} SET #{equal(sums).join(', ')} WHERE #{where}", NAME)
      end

      def equal(values)
        values.map { |column, value| "#{quoted(column)} = #{Stat.quote(@connection, column, value)}" }
      end

      def counts(tally)
        tally.to_h.except(*Columns::MONEY)
      end

      # MySQL then locks no gaps between rows, in which other processes insert.
      def isolation
        mysql? && @connection.open_transactions.zero? ? { isolation: :read_committed } : {}
      end

      def text?
        Database::Usd.text?(Stat.model)
      end

      def mysql?
        Database.mysql?(Stat.pool)
      end

      def quoted(column)
        @connection.quote_column_name(column)
      end
    end
  end
end
