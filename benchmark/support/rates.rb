# frozen_string_literal: true

require "active_record"
require "llm_router"
require_relative "../../spec/support/contention/process_group"

# How fast rows take reservations: processes of threads that reserve and settle, with no call between.
class Rates
  # Per second, and milliseconds.
  Report = Struct.new(:pairs, :per_second, :reserve_p50, :reserve_p99, :settle_p50, :settle_p99, :failed, :seconds,
                      keyword_init: true)
  COST = "0.000123456789012345678901"
  WORST_CASE = "0.002"
  private_constant :COST, :WORST_CASE

  # @param rows [Array<LlmRouter::Budget>]
  # @param each [Integer] how often on each row
  def initialize(rows, each:, processes:, threads:)
    @rows = rows
    @each = each
    @processes = processes
    @threads = threads
  end

  # @return [Report]
  def run
    group = ProcessGroup.new(@processes) { |process, ready| work(process, ready) }
    group.start
    began = now
    group.wait
    seconds = now - began
    times = group.results.flatten(1)
    report(times, seconds, group.failed + group.killed)
  end

  # @return [BigDecimal] what each row is charged in the end
  def charged
    BigDecimal(COST) * @each
  end

  private

  def work(process, ready)
    database = ActiveRecord::Base.connection_db_config.configuration_hash
    connect(database)
    shares = shares_of(process)
    ready.call
    shares.map { |share| Thread.new { at_one_go { share.flat_map { |row| pair(row) } } } }.map(&:value).inject(:+)
  end

  # All connections are open when the clock starts.
  def connect(database)
    ActiveRecord::Base.establish_connection(database.merge(pool: @threads))
    pool = ActiveRecord::Base.connection_pool
    Array.new(@threads) { pool.checkout.tap { |connection| connection.select_value("SELECT 1") } }
         .each { |connection| pool.checkin(connection) }
  end

  # Each row's turns are spread over the threads: a row of its own to each, where there are enough of them.
  def shares_of(process)
    total = @processes * @threads
    turns = @rows.cycle(@each).each_slice((@rows.size * @each / total.to_f).ceil).to_a
    Array.new(@threads) { |thread| turns[(process * @threads) + thread] || [] }
  end

  def at_one_go(&)
    @rows.first.class.connection_pool.with_connection(&)
  end

  # @return [Array] seconds of the reservation, and of what settles it
  def pair(row)
    key = SecureRandom.uuid
    began = now
    reservation = row.reserve!(WORST_CASE, key: key)
    reserved = now
    row.settle!(reservation, COST)
    [[reserved - began, now - reserved]]
  end

  def report(times, seconds, failed)
    reserve, settle = times.transpose.map(&:sort)
    Report.new(pairs: times.size, per_second: times.size / seconds, failed: failed, seconds: seconds,
               reserve_p50: percentile(reserve, 50), reserve_p99: percentile(reserve, 99),
               settle_p50: percentile(settle, 50), settle_p99: percentile(settle, 99))
  end

  def percentile(sorted, percent)
    sorted.fetch(sorted.size * percent / 100) * 1000
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
