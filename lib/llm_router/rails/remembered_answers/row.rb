# frozen_string_literal: true

class LlmRouter
  class RememberedAnswers
    # The row of an answer.
    # @api private
    class Row
      NAME = "LlmRouter::RememberedAnswers"
      # Old rows that are deleted at once, and seconds until the next look for some.
      BATCH = 100
      INTERVAL = 60.0
      private_constant :NAME, :BATCH, :INTERVAL

      @looked_at = {}

      class << self
        # @return [Boolean] at most once in {INTERVAL} for a model
        def old_rows_due?(model)
          now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
          return false if @looked_at.fetch(model.name, -INTERVAL) + INTERVAL > now

          @looked_at[model.name] = now
          true
        end
      end

      # @param model [Class] of the table
      # @param key [String, nil] nil to delete
      # @param job_id [String]
      def initialize(model, key, job_id)
        @model = model
        @key = key
        @job_id = job_id
      end

      # @return [String, nil] what was kept, if its time is not up
      def read
        open do |connection|
          connection.uncached do
            known = "#{equal(connection, 'key', @key)} AND expires_at > #{moment(connection)}"
            connection.select_value("SELECT answer FROM #{table(connection)} WHERE #{known}", NAME)
          end
        end
      end

      # Writes it in the transaction that charges the budget, if the budget is a row of the same database.
      # @yield charges it
      # @return [Boolean] whether it is written
      def beside(text, seconds, &)
        beside = Budget::Beside.new(@model) { |connection, condition| insert(connection, text, seconds, condition) }
        beside.during(&)
        beside.written?
      end

      # @return [void]
      def write(text, seconds)
        open { |connection| connection.execute(insert(connection, text, seconds), NAME) }
      end

      # Those of the job, and some whose time is up.
      # @return [void]
      def delete
        open do |connection|
          connection.delete("DELETE FROM #{table(connection)} WHERE #{equal(connection, 'job_id', @job_id)}", NAME)
          prune(connection) if self.class.old_rows_due?(@model)
        end
      end

      private

      def open(&)
        Database::OwnConnection.open(@model, &)
      end

      # In place of one whose time is up, or that another delivery of the job has written.
      def insert(connection, text, seconds, condition = nil)
        columns = %w[key job_id answer expires_at].map { |name| connection.quote_column_name(name) }
        values = [@key, @job_id, text].map { |value| connection.quote(value) } << moment(connection, seconds)
        given = condition ? "SELECT #{values.join(', ')} WHERE #{condition}" : "VALUES (#{values.join(', ')})"
        "INSERT INTO #{table(connection)} (#{columns.join(', ')}) #{given} #{or_replace}"
      end

      def or_replace
        if Database.mysql?(@model.connection_pool)
          return "ON DUPLICATE KEY UPDATE answer = VALUES(answer), expires_at = VALUES(expires_at)"
        end

        "ON CONFLICT (key) DO UPDATE SET answer = excluded.answer, expires_at = excluded.expires_at"
      end

      # By their ids, so that no two processes wait for each other.
      def prune(connection)
        old = "SELECT id FROM #{table(connection)} WHERE expires_at <= #{moment(connection)} ORDER BY id LIMIT #{BATCH}"
        ids = connection.uncached { connection.select_values(old, NAME) }.map { |id| connection.quote(id) }
        connection.delete("DELETE FROM #{table(connection)} WHERE id IN (#{ids.join(', ')})", NAME) if ids.any?
      end

      def table(connection)
        connection.quote_table_name(@model.table_name)
      end

      def equal(connection, column, value)
        "#{connection.quote_column_name(column)} = #{connection.quote(value)}"
      end

      def moment(connection, seconds = 0)
        connection.quote(Time.now + seconds)
      end
    end
  end
end
