# frozen_string_literal: true

class LlmRouter
  module Budget
    # SQLite has integers of 64 bits and Floats. So an amount, held as text (see {Usd}), is added to
    # as one adds on paper: the last 15 decimals, the 15 before them, the whole dollars, with carries.
    # @api private
    module SqliteSum
      DIGITS = 15
      CARRY = 10**DIGITS
      private_constant :DIGITS, :CARRY

      module_function

      # @param column [String] quoted
      # @param usd [BigDecimal]
      # @return [String] an SQL expression for the text of their sum
      def sql(column, usd)
        whole, upper, lower = parts(usd)
        <<~SQL.squish
          (SELECT printf('%d.%0#{DIGITS}d%0#{DIGITS}d USD', whole + upper / #{CARRY}, upper % #{CARRY}, lower % #{CARRY})
           FROM (SELECT whole + #{whole} AS whole, upper + #{upper} + (lower + #{lower}) / #{CARRY} AS upper,
                        lower + #{lower} AS lower
                 FROM (#{parts_of(column)})))
        SQL
      end

      def parts(usd)
        upper, lower = (usd.frac * (CARRY**2)).to_i.divmod(CARRY)
        [usd.to_i, upper, lower]
      end

      # Takes what was written by hand as well: '12.5', 12.5, 12.
      def parts_of(column)
        <<~SQL
          SELECT CAST(substr(number, 1, point - 1) AS INTEGER) AS whole,
                 CAST(substr(decimals, 1, #{DIGITS}) AS INTEGER) AS upper,
                 CAST(substr(decimals, #{DIGITS + 1}, #{DIGITS}) AS INTEGER) AS lower
          FROM (SELECT number, point, substr(number, point + 1) || '#{'0' * DIGITS * 2}' AS decimals
                FROM (SELECT number, instr(number || '.', '.') AS point
                      FROM (SELECT CASE typeof(#{column}) WHEN 'text' THEN rtrim(#{column}, ' USD')
                                                          ELSE printf('%.15f', #{column}) END AS number)))
        SQL
      end
    end
  end
end
