# frozen_string_literal: true

class LlmRouter
  module Database
    # For relations on SQLite, where money is text (see {Usd}): sums are exact, and SQL that would compare that text
    # with a number is refused, for it would match the wrong rows without a word.
    # @api private
    module ExactMoney
      # Extends every relation of a model whose database is SQLite.
      # @param model [Class]
      # @param columns [Array<Symbol>] those of money
      # @return [void]
      def self.watch(model, columns)
        guard = Module.new do
          include ExactMoney
          define_method(:money_columns) { columns.map(&:to_s) }
        end
        model.class_exec { default_scope { Usd.text?(model) ? extending(guard) : all } }
      end

      # WHERE NOT, likewise.
      module Chain
        attr_writer :guard

        def not(opts, *rest)
          @guard.refuse_text_of(opts)
          super
        end
      end

      def where(*arguments)
        return super.extend(Chain).tap { |chain| chain.guard = self } if arguments.empty?

        refuse_text_of(arguments.first)
        super
      end

      def having(opts, *rest)
        refuse_text_of(opts)
        super
      end

      def calculate(operation, column = nil)
        return super unless money_columns.include?(column.to_s)

        case operation.to_sym
        when :sum then sums(column)
        when :average then raise ArgumentError, "the average of #{column} is not exact on SQLite: divide the sum"
        else super
        end
      end

      # @raise [ArgumentError]
      def refuse_text_of(condition)
        sql = condition.is_a?(Array) ? condition.first : condition
        return unless sql.is_a?(String)

        compared = sql.gsub(/\w+["`]? +is( +not)? +null\b/i, "")
        column = money_columns.find { |name| compared.match?(/\b#{name}\b/) }
        return unless column

        raise ArgumentError, "#{sql.inspect}: on SQLite money is text, so that SQL would compare it wrongly: write " \
                             "where(#{column}: 1..) or where(#{column}: ..5), with US dollars"
      end

      private

      def sums(column)
        return pluck(column).compact.sum(BigDecimal(0)) if group_values.empty?

        rows = unscope(:group).pluck(*group_values, column)
        rows.each_with_object({}) do |(*group, usd), totals|
          key = group.size == 1 ? group.first : group
          totals[key] = totals.fetch(key, 0) + (usd || 0)
        end
      end
    end
  end
end
