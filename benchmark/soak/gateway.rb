# frozen_string_literal: true

require "json"
require "rbconfig"
require "socket"

module Soak
  # Holds the gateway's process: starts it, kills it, starts it again at the same port.
  class Gateway
    HOST = "127.0.0.1"
    # Below those that the system gives to outgoing connections: while nobody listens, one of them could otherwise
    # have taken the port, or be connected to itself.
    PORTS = 20_000..29_999
    PROGRAM = File.expand_path("gateway_server.rb", __dir__)
    private_constant :HOST, :PORTS, :PROGRAM

    # @return [Integer]
    attr_reader :port

    # @param ledger [String] the path
    # @param faults [Float] their share of the requests
    # @param seed [Integer]
    def initialize(ledger:, faults:, seed:)
      @options = { ledger: ledger, faults: faults }
      @random = Random.new(seed)
      @port = free_port
      start
    end

    # @return [void]
    def start
      options = { port: @port, seed: @random.rand(1 << 32), **@options }
      command = [{ "RUBYOPT" => nil }, RbConfig.ruby, "--disable-gems", PROGRAM, options.to_json]
      # A group of its own, so that Ctrl-C is for whoever started it alone.
      @server = IO.popen([*command, { pgroup: true }], "r+")
      @server.gets || raise("the gateway did not start")
    end

    # @return [void]
    def kill
      return unless @server

      Process.kill(:KILL, @server.pid)
      @server.close
      @server = nil
    end

    private

    def free_port
      PORTS.to_a.shuffle(random: Random.new).find do |port|
        TCPServer.open(HOST, port).close || true
      rescue Errno::EADDRINUSE
        false
      end
    end
  end
end
