# frozen_string_literal: true

require "active_record"
require "bigdecimal"
require "securerandom"

# The budget rows that a client spends from: one for each of its threads, or one for all of them.
class Rows
  CAP = BigDecimal("1000000")

  # @param database [Hash] how Active Record connects to it
  # @param shared [Boolean] whether all threads have the same row
  # @yieldreturn [ActiveRecord::Base] a new row
  def initialize(database, shared:, &make)
    ActiveRecord::Base.establish_connection(database)
    @make = make
    @lock = Mutex.new
    @rows = []
    @shared = new_row if shared
  end

  # @return [ActiveRecord::Base] the one for the calling thread
  def mine
    @shared || Thread.current[:bench_row] ||= new_row
  end

  # @return [BigDecimal] US dollars
  def charged = sum(:spent_usd)
  # @return [BigDecimal] US dollars
  def reserved_usd = sum(:reserved_usd)

  private

  def new_row
    @lock.synchronize { @make.call.tap { |row| @rows << row } }
  end

  def sum(column)
    @rows.sum { |row| row.class.find(row.id)[column] }
  end
end
