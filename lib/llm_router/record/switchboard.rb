# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Writes and reads +llm_switches+: see {LlmRouter.switch_off}. A switch that ends early keeps its row, so that one
    # sees who did what.
    # @api private
    class Switchboard
      NAME = "LlmRouter::Switch"
      private_constant :NAME

      # So that what was read first is not applied last.
      @reading = Mutex.new

      class << self
        # @return [Switch]
        # @raise [ArgumentError]
        def off(pattern, seconds, by:, reason:)
          input = SwitchInput.new(pattern, seconds, by, reason)
          change do |board|
            started = board.start(input)
            board.replace_others(started)
            started
          end
        end

        # @return [Array<Switch>] those that have ended by this
        # @raise [ArgumentError] there is none
        def on(pattern, by:)
          pattern = SwitchInput.pattern(pattern.is_a?(Switch) ? pattern.pattern : pattern)
          by = SwitchInput.by(by)
          ended = change { |board| board.finish(board.of(pattern), by) }
          return ended if ended.any?

          others = Switches.known.map(&:pattern)
          raise ArgumentError, "#{pattern.inspect} is not switched off: " \
                               "#{others.empty? ? 'nothing is' : "what is off is #{others.join(', ')}"}"
        end

        # @return [Array<Switch>] in force, the oldest first
        def in_force
          Database::OwnConnection.open(SwitchRow.model) { |connection| obey(connection) }
        end

        # @return [Array<Switch>] those that are over, too, the newest first
        def history(limit)
          Database::OwnConnection.open(SwitchRow.model) { |connection| new(connection).history(limit) }
        end

        # Reads what is in force. This process obeys it from now on.
        # @return [Array<Switch>]
        def obey(connection)
          @reading.synchronize { new(connection).in_force.tap { |switches| Switches.replace(switches) } }
        end

        private

        def change
          Database::OwnConnection.open(SwitchRow.model) do |connection|
            yield(new(connection)).tap { obey(connection) }
          end
        end
      end

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      def initialize(connection)
        @connection = connection
        # As exact as the columns.
        @now = Time.now.floor(6)
      end

      # @param input [SwitchInput]
      # @return [Switch]
      def start(input)
        row = { environment: environment, pattern: input.pattern, reason: input.reason, switched_off_by: input.by,
                created_at: @now, expires_at: @now + input.seconds }
        @connection.execute(SwitchRow.insert(@connection, [row]), NAME)
        read(SwitchRow.where(row.except(:expires_at)).order(:id)).last
      end

      # Of one pattern the last row stays: whoever switches the same off at the same moment ends the same rows.
      # @param started [Switch]
      def replace_others(started)
        *others, last = [started, *of(started.pattern)].uniq(&:id).sort_by(&:id)
        finish(others, last.by)
      end

      # @return [Array<Switch>] in force, of this pattern in any case of letters
      def of(pattern)
        in_force.select { |switch| switch.pattern.downcase(:ascii) == pattern.downcase(:ascii) }
      end

      # @return [Array<Switch>] those that have ended by this
      def finish(switches, by)
        switches.filter_map do |switch|
          ended = @connection.update("UPDATE #{SwitchRow.name} SET ended_at = #{quoted(:ended_at, @now)}, ended_by = " \
                                     "#{quoted(:ended_by, by)} WHERE id = #{quoted(:id, switch.id)} " \
                                     "AND ended_at IS NULL", NAME)
          Switch.new(**switch.to_h, ended_at: @now.utc, ended_by: by) if ended == 1
        end
      end

      # @return [Array<Switch>]
      def in_force
        rows = SwitchRow.where(environment: environment, ended_at: nil)
        read(rows.where(SwitchRow.model.arel_table[:expires_at].gt(@now)).order(:created_at, :id))
      end

      # @return [Array<Switch>]
      def history(limit)
        read(SwitchRow.where(environment: environment).order(created_at: :desc, id: :desc).limit(limit))
      end

      private

      def read(relation)
        rows = @connection.uncached { @connection.select_all(relation.to_sql, NAME) }
        rows.map { |row| switch(SwitchRow.model.instantiate(row)) }
      end

      def switch(row)
        Switch.new(id: row.id, pattern: row.pattern, reason: row.reason, by: row.switched_off_by,
                   created_at: row.created_at.to_time.utc, expires_at: row.expires_at.to_time.utc,
                   ended_at: row.ended_at&.to_time&.utc, ended_by: row.ended_by.presence)
      end

      def quoted(column, value)
        SwitchRow.quote(@connection, column, value)
      end

      def environment
        Environment.name[0, 64]
      end
    end
  end
end
