# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether tables have their indexes: a unique one keeps a charge from being made twice.
    # @api private
    class Indexes < DatabaseCheck
      private

      def table(table, name, connection)
        return unless connection.data_source_exists?(name)

        there = connection.indexes(name).map { |index| [Array(index.columns), index.unique] }
        missing = table.indexes.reject { |columns, unique| there?(there, columns, unique) }
        return green("#{name} has its indexes") if missing.empty?

        words = missing.map { |columns, unique| "#{'unique ' if unique}(#{columns.join(', ')})" }.join(" and ")
        note(missing.any?(&:last) ? :red : :yellow, "#{name} lacks the index #{words}", GENERATE)
      end

      # An index with more columns behind serves as well, if it need not be unique.
      def there?(there, columns, unique)
        there.any? do |known, known_unique|
          unique ? known_unique && known.sort == columns.sort : known.first(columns.size) == columns
        end
      end
    end
  end
end
