# frozen_string_literal: true

require "fileutils"
require "socket"
require "tmpdir"

# Stands between Active Record and a database server, on a socket of its own. Once it is armed, it lets the server do
# the next COMMIT and breaks the connection in place of passing the reply on.
class LostReply
  # @param config [Hash] how Active Record connects to the server
  def initialize(config)
    @config = config
    @directory = Dir.mktmpdir("llm_router")
    @server = UNIXServer.new(File.join(@directory, file))
    @sockets = []
    @thread = Thread.new { loop { connect(@server.accept) } }
  end

  # @return [Hash] how Active Record connects to it
  def config
    @config.merge(postgresql? ? { host: @directory } : { socket: File.join(@directory, file) })
  end

  # @return [void]
  def arm
    @armed = true
  end

  # @return [Boolean] whether no reply was lost since
  def armed?
    @armed
  end

  # @return [void]
  def stop
    @thread.kill.join
    [@server, *@sockets].each(&:close)
    FileUtils.rm_rf(@directory)
  end

  private

  def postgresql?
    @config.fetch(:adapter) == "postgresql"
  end

  def file
    postgresql? ? ".s.PGSQL.5432" : "socket"
  end

  def connect(client)
    target = postgresql? ? File.join(@config.fetch(:host), file) : @config.fetch(:socket)
    @sockets.push(client, server = UNIXSocket.new(target))
    Thread.new { forward(client, server) }.report_on_exception = false
  end

  # A client that waits for a reply sends nothing, so one thread will do.
  def forward(client, server)
    loop { IO.select([client, server]).first.each { |from| pass_on(from, client, server) } }
  rescue IOError, SystemCallError
    [client, server].each { |socket| socket.shutdown unless socket.closed? }
  end

  def pass_on(from, client, server)
    data = from.readpartial(1 << 16)
    (from == client ? server : client).write(data)
    lose_reply(client, server) if @armed && from == client && data.match?(/COMMIT(?!TED)/n)
  end

  def lose_reply(client, server)
    server.readpartial(1 << 16)
    @armed = false
    client.shutdown
  end
end
