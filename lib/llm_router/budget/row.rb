# frozen_string_literal: true

class LlmRouter
  module Budget
    # Finds the row of an owner's feature, makes it, reads it anew.
    # @api private
    class Row
      # @param budget [Budget]
      # @return [Budget] the same row as the database has it now
      # @raise [RowMissing]
      def self.read(budget)
        fresh = find(budget.class, budget.id)
        raise missing([budget]) unless fresh

        owner = Owner.loaded(budget)
        fresh.association(:owner).target = owner if owner
        fresh
      end

      # @return [Budget, nil]
      def self.find(model, id)
        Database::OwnConnection.open(model) { |connection| load(model, connection, model.primary_key => id) }
      end

      def self.load(model, connection, key)
        all(connection, model.unscoped.where(key)).first
      end

      # Past the query cache, which misses what others change.
      def self.all(connection, relation)
        rows = connection.uncached { connection.select_all(relation.to_sql, "#{relation.klass} Load") }
        rows.map { |attributes| relation.klass.instantiate(attributes) }
      end

      # @param budgets [Array<Budget>]
      # @return [RowMissing]
      def self.missing(budgets)
        rows = budgets.map { |budget| "#{budget.class.table_name} #{budget.id || '(not saved)'}" }
        RowMissing.new("a row is not there, of #{rows.join(', ')}: it was deleted, or the transaction that made it " \
                       "is still open. Nothing was charged")
      end

      # @raise [ArgumentError]
      def initialize(model, owner:, feature:, environment:)
        @model = model
        @owner = checked(owner)
        @key = { owner_type: owner&.class&.polymorphic_name, owner_id: owner&.id&.to_s,
                 feature: feature.presence&.to_s, environment: environment.to_s }
      end

      # @return [Budget]
      def find_or_make
        budget = Database::OwnConnection.open(@model) do |connection|
          find(connection) || (make(connection) && find(connection))
        end
        budget.association(:owner).target = @owner
        @model.warn_of_no_cap if budget[:cap_usd].nil?
        budget
      end

      private

      def checked(owner)
        return owner if owner.nil? || (owner.is_a?(ActiveRecord::Base) && owner.persisted?)

        raise ArgumentError, "#{@model}.for(#{owner.class}): give a saved record whose budget it is, or nil for the app"
      end

      def find(connection)
        self.class.load(@model, connection, @key.transform_values(&:to_s))
      end

      # Whoever comes second makes nothing: no error, which would end a transaction, unless the isolation is strict.
      def make(connection)
        columns, row = values.map do |name, value|
          [connection.quote_column_name(name), connection.quote(@model.type_for_attribute(name).serialize(value))]
        end.transpose
        connection.execute("INSERT INTO #{connection.quote_table_name(@model.table_name)} (#{columns.join(', ')}) " \
                           "VALUES (#{row.join(', ')}) #{unless_there(connection)}", "#{@model} Create")
        true
      rescue ActiveRecord::SerializationFailure
        true
      end

      def values
        budget = @model.new(@key)
        budget.period_started_on ||= Database::Period.start(budget.period)
        times = { "created_at" => Time.now, "updated_at" => Time.now }.slice(*@model.column_names)
        budget.attributes.compact.merge(times)
      end

      def unless_there(connection)
        return "ON CONFLICT DO NOTHING" unless Database.mysql?(@model.connection_pool)

        key = connection.quote_column_name(@model.primary_key)
        "ON DUPLICATE KEY UPDATE #{key} = #{key}"
      end
    end
  end
end
