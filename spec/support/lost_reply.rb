# frozen_string_literal: true

require "fileutils"
require "rbconfig"
require "socket"
require "tmpdir"

# Stands between Active Record and a database server, on a socket of its own. Once it is armed, it lets the server do
# the next COMMIT and breaks the connection in place of passing the reply on. It is a process of its own, for drivers
# wait for some replies without letting other threads run.
class LostReply
  # @param config [Hash] how Active Record connects to the server
  def initialize(config)
    @config = config
    @directory = Dir.mktmpdir("llm_router")
    target = postgresql? ? File.join(config.fetch(:host), file) : config.fetch(:socket)
    @process = IO.popen([RbConfig.ruby, __FILE__, File.join(@directory, file), target, armed], "r+")
    @process.gets
  end

  # @return [Hash] how Active Record connects to it
  def config
    @config.merge(postgresql? ? { host: @directory } : { socket: File.join(@directory, file) })
  end

  # @return [void]
  def arm
    File.write(armed, "")
  end

  # @return [Boolean] whether no reply was lost since
  def armed?
    File.exist?(armed)
  end

  # @return [void]
  def stop
    @process.close
    FileUtils.rm_rf(@directory)
  end

  private

  def postgresql?
    @config.fetch(:adapter) == "postgresql"
  end

  def file
    postgresql? ? ".s.PGSQL.5432" : "socket"
  end

  def armed
    File.join(@directory, "armed")
  end

  # What the process does.
  class Forwarding
    def initialize(client, server, armed)
      @client = client
      @server = server
      @armed = armed
    end

    # A client that waits for a reply sends nothing, so one thread will do.
    def run
      loop { IO.select([@client, @server]).first.each { |from| pass_on(from) } }
    rescue IOError, SystemCallError
      [@client, @server].each(&:close)
    end

    private

    def pass_on(from)
      data = from.readpartial(1 << 16)
      (from == @client ? @server : @client).write(data)
      lose_reply if from == @client && data.match?(/COMMIT(?!TED)/n) && File.exist?(@armed)
    end

    def lose_reply
      @server.readpartial(1 << 16)
      File.delete(@armed)
      @client.shutdown
    end
  end
end

if $PROGRAM_NAME == __FILE__
  path, target, armed = ARGV
  server = UNIXServer.new(path)
  $stdout.puts
  $stdout.flush
  # It ends with the process that started it.
  Thread.new { $stdin.read && exit! }
  loop do
    client = server.accept
    Thread.new { LostReply::Forwarding.new(client, UNIXSocket.new(target), armed).run }
  end
end
