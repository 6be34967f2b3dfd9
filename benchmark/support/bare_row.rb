# frozen_string_literal: true

require "active_record"

# The least that can be done for a reservation and its settlement: a prepared, guarded UPDATE each, of a plain table in
# PostgreSQL, straight through the driver. It keeps no record and knows no periods.
class BareRow
  RESERVE = "UPDATE bare SET reserved = reserved + $1::numeric WHERE id = $2 AND spent + reserved + $1::numeric <= cap"
  SETTLE = "UPDATE bare SET reserved = reserved - $1::numeric, spent = spent + $2::numeric WHERE id = $3"
  private_constant :RESERVE, :SETTLE

  # @return [Array<BareRow>]
  def self.table(count)
    connection = leased
    connection.execute("CREATE TABLE bare (id bigint PRIMARY KEY, cap numeric(50,30) NOT NULL, " \
                       "reserved numeric(50,30) NOT NULL, spent numeric(50,30) NOT NULL)")
    connection.execute("INSERT INTO bare SELECT id, 1000000, 0, 0 FROM generate_series(1, #{count}) AS id")
    Array.new(count) { |index| new(index + 1) }
  end

  # Rails 7.2 gave it a name of its own.
  def self.leased
    ActiveRecord::Base.public_send(ActiveRecord::Base.respond_to?(:lease_connection) ? :lease_connection : :connection)
  end

  def self.connection_pool
    ActiveRecord::Base.connection_pool
  end

  def initialize(id)
    @id = id
  end

  def reserve!(usd, key:) # rubocop:disable Lint/UnusedMethodArgument
    usd.to_s.tap { |text| driver.exec_prepared("bare_reserve", [text, @id]) }
  end

  def settle!(reserved, cost_usd)
    driver.exec_prepared("bare_settle", [reserved, cost_usd.to_s, @id])
  end

  private

  def driver
    driver = self.class.leased.raw_connection
    return driver if driver.instance_variable_defined?(:@bare_row)

    driver.prepare("bare_reserve", RESERVE)
    driver.prepare("bare_settle", SETTLE)
    driver.instance_variable_set(:@bare_row, true)
    driver
  end
end
