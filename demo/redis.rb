# frozen_string_literal: true

require "socket"
require "tmpdir"

# A Redis of one's own on a free port, for as long as the block runs.
module OwnRedis
  # @yieldparam url [String]
  # @yieldparam pid [Integer]
  def self.run
    port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    Dir.mktmpdir do |dir|
      options = ["--port", port.to_s, "--bind", "127.0.0.1", "--save", "", "--dir", dir]
      pid = spawn("redis-server", *options, out: File::NULL)
      await(port)
      yield "redis://127.0.0.1:#{port}/0", pid
    ensure
      Process.kill(:TERM, pid)
      Process.wait(pid)
    end
  end

  def self.await(port)
    TCPSocket.open("127.0.0.1", port).close
  rescue Errno::ECONNREFUSED
    sleep 0.05
    retry
  end
end
