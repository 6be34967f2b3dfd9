# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # A table of the record, with an Active Record model that is made when it is first used, below
    # +config.record_parent+.
    # @api private
    class Table
      # @return [String]
      attr_reader :name

      # @param name [String]
      # @param money [Array<Symbol>] columns in US dollars
      def initialize(name, money)
        @name = name
        @money = money
      end

      # @return [Class] read-only: only the recorder and the switches write
      def model
        parent = Object.const_get(Configuration.current.record_parent)
        @model = made(parent) unless @model && @model.superclass.equal?(parent)
        @model
      end

      # @param arguments [Array] as +ActiveRecord::Base.where+ takes them
      # @return [ActiveRecord::Relation]
      def where(*arguments)
        model.where(*arguments)
      end

      # @return [ActiveRecord::ConnectionAdapters::ConnectionPool]
      def pool
        model.connection_pool
      end

      # @param connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @param rows [Array<Hash{Symbol => Object}>] with the same columns
      # @return [String] an INSERT
      def insert(connection, rows)
        values = rows.map { |row| "(#{row.map { |column, value| quote(connection, column, value) }.join(', ')})" }
        columns = rows.first.keys.map { |column| connection.quote_column_name(column) }
        "INSERT INTO #{connection.quote_table_name(name)} (#{columns.join(', ')}) VALUES #{values.join(', ')}"
      end

      # @return [String]
      def quote(connection, column, value)
        connection.quote(model.type_for_attribute(column.to_s).serialize(value))
      end

      private

      def made(parent)
        table = name
        money = @money
        Class.new(parent) do
          extend CurrentConnection

          self.table_name = table
          %i[name to_s].each { |name| define_singleton_method(name) { table.classify } }
          self.inheritance_column = nil
          # Rails' default filter hides every name with "token", and these are counts.
          self.filter_attributes = []
          money.each { |column| attribute column, Database::Usd.new(self) }
          define_method(:readonly?) { true }
        end
      end
    end
  end
end
