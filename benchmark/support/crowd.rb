# frozen_string_literal: true

require "active_record"
require "llm_router"
require "tempfile"
require_relative "billing_gateway"
require_relative "crew"
require_relative "customer"

# Processes of threads that call models through a BillingGateway until their budget refuses for good.
class Crowd
  # What became of it: numbers of events, US dollars, seconds.
  Report = Struct.new(:calls, :answers, :waits, :stops, :failures, :late, :spent_at_first_stop, :killed, :crashed,
                      :seconds, keyword_init: true)
  # The gateway's dearest model alone, up to 2.50 USD a call, and less where that is too much.
  DEAR = BillingGateway::PRICES.keys.first(1).freeze
  CHAIN = BillingGateway::PRICES.keys.freeze

  # Who is to be killed, and at the how many-th call: for {BillingGateway#initialize} to announce.
  # @return [Hash{String => Integer}]
  def self.victims(processes, share: 0.2, seed: 1)
    random = Random.new(seed)
    chosen = Array.new(processes, &:to_s).sample((processes * share).round, random: random)
    chosen.to_h { |index| [index, random.rand(1..3)] }
  end

  # @param gateway [BillingGateway]
  # @param victims [Integer] how many the gateway is going to announce
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
      crew = Crew.new(@processes) { |process, ready| work(process, ready, journal.path) }
      crew.start
      began = now
      killer = Thread.new { kill(crew) }
      crew.wait
      seconds = now - began
      killer.kill.join
      crew.results
      report(journal.readlines(chomp: true).map { |line| line.split(" ", 2) }, crew, seconds)
    end
  end

  private

  def kill(crew)
    @victims.times { crew.kill(Integer(@gateway.heard)) }
  rescue Errno::ESRCH
    nil
  end

  def work(process, ready, path)
    @gateway.leave
    configure
    database = ActiveRecord::Base.connection_db_config.configuration_hash
    ActiveRecord::Base.establish_connection(database.merge(pool: @threads + 1))
    customers = Array.new(@threads) { |thread| customer(process, thread, Customer::Journal.new(path)) }
    ready.call
    customers.map { |customer| Thread.new { customer.run } }.each(&:value)
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

  def customer(process, thread, journal)
    row, budget = @budget.call(process, thread)
    Customer.new(router: LlmRouter.new(chain: @chain, budget: budget), prompt: process.to_s, tokens: @tokens,
                 random: Random.new((process * 1000) + thread), journal: journal,
                 spent: -> { row.class.find(row.id).spent_usd })
  end

  def report(events, crew, seconds)
    count = events.map(&:first).tally
    count.default = 0
    stops = events.filter_map { |event, detail| BigDecimal(detail) if event == "stop" }
    Report.new(calls: count["call"], answers: count["answer"], waits: count["wait"], stops: count["stop"],
               failures: events.filter_map { |event, detail| detail if event == "failure" }, late: count["late"],
               spent_at_first_stop: stops.min, killed: crew.killed, crashed: crew.failed, seconds: seconds)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
