# frozen_string_literal: true

require "bigdecimal"
require "fileutils"
require "json"
require "rbconfig"
require "tmpdir"

# A gateway on loopback that bills: a process of its own, whose ledger has the exact cost of each answer. It stops when
# the process that started it ends.
#
# @example
#   BillingGateway.open(seed: 7) { |gateway| ...; gateway.billed_usd }
class BillingGateway
  # US dollars per token, by model: one for which the answers of a thousand tokens are a dollar, and two
  # that are cheaper by far. What a prompt costs gives every bill its odd decimals.
  PRICES = {
    "acme/dear" => { prompt: "0.000000123456789012345678", completion: "0.001" },
    "globex/middling" => { prompt: "0.000000012345678901234567", completion: "0.0001" },
    "initech/cheap" => { prompt: "0.000000001234567890123456", completion: "0.00001" }
  }.freeze
  # What one answer costs, and how much of that is above the most that the request allowed.
  Bill = Struct.new(:cost_usd, :overrun_usd)
  PROGRAM = File.expand_path("server.rb", __dir__)
  private_constant :PROGRAM

  # @yieldparam gateway [BillingGateway]
  # @return [Object] what the block returns
  def self.open(**options)
    gateway = new(**options)
    yield gateway
  ensure
    gateway&.stop
  end

  # @param delay [Range<Float>] seconds that an answer takes
  # @param overruns [Float] the share of answers that are longer than they may be
  # @param seed [Integer]
  # @param announce [Hash{String => Integer}] for a prompt: the occurrence at which {#announced} returns it, which is
  #   billed, and not answered before the client has left
  def initialize(delay: 0.005..0.04, overruns: 0.0, seed: 1, announce: {})
    @directory = Dir.mktmpdir("llm_router")
    options = { prices: PRICES, delay: [delay.begin, delay.end], overruns: overruns, seed: seed, announce: announce,
                ledger: ledger_path }
    @server = IO.popen([{ "RUBYOPT" => nil }, RbConfig.ruby, PROGRAM, options.to_json], "r+")
    @port = Integer(@server.gets || raise("the gateway did not start"))
  end

  # @return [String]
  def base_url
    "http://127.0.0.1:#{@port}/api/v1"
  end

  # Waits for a prompt that {#initialize} was given to announce.
  # @return [String, nil] a prompt; nil when the gateway has gone
  def announced
    @server.gets&.chomp
  end

  # For a forked process, which must not keep the gateway alive.
  def leave
    @server.close_write
  end

  # @return [Hash{String => Bill}] by generation id
  def ledger
    File.readlines(ledger_path).to_h do |line|
      id, cost, overrun = line.split
      [id, Bill.new(BigDecimal(cost), BigDecimal(overrun))]
    end
  end

  # @return [BigDecimal] US dollars
  def billed_usd
    ledger.each_value.sum(BigDecimal(0), &:cost_usd)
  end

  def stop
    Process.kill(:TERM, @server.pid)
    @server.close
    FileUtils.rm_rf(@directory)
  end

  private

  def ledger_path
    File.join(@directory, "ledger")
  end
end
