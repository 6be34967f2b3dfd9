# frozen_string_literal: true

require "active_record"
require "llm_router"
require "tempfile"
require_relative "../billing/gateway"
require_relative "process_group"
require_relative "calling_thread"

# Processes of threads that call models through a BillingGateway until their budget refuses for good.
class CallingProcesses
  # Numbers of events, US dollars, seconds.
  Report = Struct.new(:calls, :answers, :waits, :stops, :failures, :late, :spent_at_first_stop, :killed, :crashed,
                      :seconds, keyword_init: true)
  # The gateway's dearest model alone, up to 2.50 USD a call, and less where that is too much.
  DEAR = BillingGateway::PRICES.keys.first(1).freeze
  CHAIN = BillingGateway::PRICES.keys.freeze

  # Which processes to kill, and at which call: for {BillingGateway#initialize} to announce.
  # @return [Hash{String => Integer}]
  def self.victims(processes, share: 0.2, seed: 1)
    random = Random.new(seed)
    chosen = Array.new(processes, &:to_s).sample((processes * share).round, random: random)
    chosen.to_h { |index| [index, random.rand(1..3)] }
  end

  # @param gateway [BillingGateway]
  # @param victims [Integer] how many the gateway will announce
  # @param settings [Hash] of {LlmRouter.configure}
  # @yield in each thread
  # @yieldparam process [Integer]
  # @yieldparam thread [Integer]
  # @yieldreturn [Array] the row whose money it is, and the budget to give to the router
  def initialize(gateway, processes:, threads:, chain: CHAIN, tokens: 1..2499, victims: 0, **settings, &budget)
    @gateway = gateway
    @processes = processes
    @threads = threads
    @chain = chain
    @tokens = tokens
    @victims = victims
    @settings = { timeout: 30, deadline: nil, **settings }
    @budget = budget
  end

  # @return [Report]
  def run
    Tempfile.create("llm_router") do |journal|
      group = ProcessGroup.new(@processes) { |process, ready| work(process, ready, journal.path) }
      group.start
      began = now
      killer = Thread.new { kill(group) }
      group.wait
      seconds = now - began
      killer.kill.join
      group.results
      report(journal.readlines(chomp: true).map { |line| line.split(" ", 2) }, group, seconds)
    end
  end

  private

  def kill(group)
    @victims.times { group.kill(Integer(@gateway.announced)) }
  rescue Errno::ESRCH
    nil
  end

  def work(process, ready, path)
    @gateway.leave
    configure
    database = ActiveRecord::Base.connection_db_config.configuration_hash
    ActiveRecord::Base.establish_connection(database.merge(pool: @threads + 1))
    callers = Array.new(@threads) { |thread| calling_thread(process, thread, CallingThread::Journal.new(path)) }
    ready.call
    callers.map { |caller| Thread.new { caller.run } }.each(&:value)
    nil
  end

  def configure
    LlmRouter.configure do |config|
      config.base_url = @gateway.base_url
      config.api_key = "test-key"
      config.logger = Logger.new($stderr, level: Logger::FATAL)
      config.same_vendor = :allow
      config.price_ttl = nil
      BillingGateway::PRICES.each { |model, price| config.price(model, **price) }
      @settings.each { |name, value| config.public_send(:"#{name}=", value) }
    end
  end

  def calling_thread(process, thread, journal)
    row, budget = @budget.call(process, thread)
    CallingThread.new(router: LlmRouter.new(chain: @chain, budget: budget), prompt: process.to_s, tokens: @tokens,
                      random: Random.new((process * 1000) + thread), journal: journal,
                      spent: -> { row.class.find(row.id).spent_usd })
  end

  def report(events, group, seconds)
    count = events.map(&:first).tally
    count.default = 0
    stops = events.filter_map { |event, detail| BigDecimal(detail) if event == "stop" }
    Report.new(calls: count["call"], answers: count["answer"], waits: count["wait"], stops: count["stop"],
               failures: events.filter_map { |event, detail| detail if event == "failure" }, late: count["late"],
               spent_at_first_stop: stops.min, killed: group.killed, crashed: group.failed, seconds: seconds)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
