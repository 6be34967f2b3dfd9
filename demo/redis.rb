# frozen_string_literal: true

require "socket"
require "tmpdir"

# A Redis of one's own on a free port, for as long as the block runs.
module OwnRedis
  # @yieldparam url [String]
  # @yieldparam pid [Integer]
  def self.run
    Dir.mktmpdir do |dir|
      port, pid = start(dir)
      yield "redis://127.0.0.1:#{port}/0", pid
    ensure
      stop(pid) if pid
    end
  end

  # Another program may take a port between its choice and Redis: then Redis ends, and the next port is tried.
  def self.start(dir)
    socket = File.join(dir, "socket")
    5.times do
      port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
      options = ["--port", port.to_s, "--bind", "127.0.0.1", "--save", "", "--dir", dir, "--unixsocket", socket]
      pid = spawn("redis-server", *options, out: File::NULL)
      return [port, pid] if listens?(pid, socket)
    end
    raise "redis-server does not start"
  end

  # Who answers at the port may be that other program. Redis opens its socket after its port.
  def self.listens?(pid, socket)
    UNIXSocket.open(socket).close
    true
  rescue Errno::ENOENT, Errno::ECONNREFUSED
    return false if Process.wait(pid, Process::WNOHANG)

    sleep 0.05
    retry
  end

  def self.stop(pid)
    Process.kill(:TERM, pid)
    Process.wait(pid)
  end
  private_class_method :start, :listens?, :stop
end
