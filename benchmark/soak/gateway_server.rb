# frozen_string_literal: true

require "json"
require_relative "../../spec/support/billing/http_server"
require_relative "exchange"
require_relative "faults"
require_relative "journal"

module Soak
  # The gateway, as a program of its own, for it is killed: on loopback, at a port that it is given. It draws a fault
  # for each request, and ends when its standard input does.
  #
  # What a request is billed at goes into the ledger once the request has been read and before a byte is sent: whatever
  # a client can have received is on record, and what is on record without having been received is for the client to
  # hold as uncertain.
  class GatewayServer
    include HttpServer

    # Seconds that an answer takes.
    DELAY = 0.005..0.05
    private_constant :DELAY

    # @param options [Hash{String => Object}] the port, the ledger's path, the share of faults, a seed
    def initialize(options)
      @port = options.fetch("port")
      @faults = options.fetch("faults")
      @random = Random.new(options.fetch("seed"))
      @ledger = Journal.new(options.fetch("ledger"))
    end

    # @return [void]
    def run
      listen(@port)
      $stdout.syswrite("ready\n")
      $stdin.read
    end

    private

    def answer(client, line, body)
      play(Exchange.new(client, line.split[1], body, @random), *draw)
    end

    def draw
      return FAULTS.to_a.sample(random: @random) if @random.rand < @faults

      @random.rand < 0.5 ? ANSWERS.first : ANSWERS.to_a.sample(random: @random)
    end

    def play(exchange, name, fault)
      billed = fault.bills == :stated || (fault.bills == :perhaps && @random.rand < 0.5)
      @ledger.note("request", exchange.tag, exchange.rung, name, exchange.id, (exchange.cost if billed))
      sleep(@random.rand(DELAY))
      fault.play.call(exchange)
      @ledger.note("sent", exchange.tag, exchange.rung) if fault.bills == :stated
    end
  end
end

Soak::GatewayServer.new(JSON.parse(ARGV.fetch(0))).run
