# frozen_string_literal: true

require "active_record"

# The least that can be done for a reservation and its settlement: a prepared, guarded UPDATE each, of a plain table,
# straight through the driver. It keeps no record and knows no periods. SQLite has no exact decimals, so there it counts
# in billionths of a dollar.
class BareRow
  STATEMENTS = {
    reserve: "UPDATE bare SET reserved = reserved + ? WHERE id = ? AND spent + reserved + ? <= cap",
    settle: "UPDATE bare SET reserved = reserved - ?, spent = spent + ? WHERE id = ?"
  }.freeze
  private_constant :STATEMENTS

  # @return [Array<BareRow>]
  def self.table(count)
    money = sqlite? ? "bigint NOT NULL" : "decimal(50, 30) NOT NULL"
    leased.execute("CREATE TABLE bare (id bigint PRIMARY KEY, cap #{money}, reserved #{money}, spent #{money})")
    ids = (1..count).to_a
    leased.execute("INSERT INTO bare VALUES #{ids.map { |id| "(#{id}, 1000000000000000, 0, 0)" }.join(', ')}")
    ids.map { |id| new(id) }
  end

  # Rails 7.2 gave it a name of its own.
  def self.leased
    ActiveRecord::Base.public_send(ActiveRecord::Base.respond_to?(:lease_connection) ? :lease_connection : :connection)
  end

  def self.connection_pool
    ActiveRecord::Base.connection_pool
  end

  def self.sqlite?
    leased.adapter_name == "SQLite"
  end

  def initialize(id)
    @id = id
    @sqlite = self.class.sqlite?
  end

  def reserve!(usd, key:) # rubocop:disable Lint/UnusedMethodArgument
    amount(usd).tap { |reserved| run(:reserve, reserved, @id, reserved) }
  end

  def settle!(reserved, cost_usd)
    run(:settle, reserved, amount(cost_usd), @id)
  end

  private

  def amount(usd)
    @sqlite ? (BigDecimal(usd) * (10**9)).to_i : usd.to_s
  end

  def run(act, *values)
    driver = self.class.leased.raw_connection
    statements = driver.instance_variable_get(:@bare_row) || driver.instance_variable_set(:@bare_row, prepared(driver))
    statements.fetch(act).call(values)
  end

  def prepared(driver)
    STATEMENTS.to_h { |name, sql| [name, prepare(driver, name, sql)] }
  end

  def prepare(driver, name, sql)
    unless driver.respond_to?(:exec_prepared)
      statement = driver.prepare(sql)
      return ->(values) { statement.execute(*values) }
    end

    number = 0
    driver.prepare(name.to_s, sql.gsub("?") { "$#{number += 1}" })
    ->(values) { driver.exec_prepared(name.to_s, values) }
  end
end
