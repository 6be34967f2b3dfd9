# frozen_string_literal: true

require "json"
require "rbconfig"
require "socket"

# A gateway, a process of its own, that knows who asked over which connection. It answers with the prompt;
# to "hang" it never does, to "slow" after a second.
class Switchboard
  # @yieldparam switchboard [Switchboard]
  def self.open(**options)
    switchboard = new(**options)
    yield switchboard
  ensure
    switchboard&.close
  end

  # @param delay [Float] seconds that an answer takes
  def initialize(delay: 0)
    @server = IO.popen([RbConfig.ruby, __FILE__, delay.to_s], "r+")
    @port = Integer(@server.gets)
  end

  def base_url
    "http://127.0.0.1:#{@port}/api/v1"
  end

  # @return [Array<Array<String>>] for each connection that was ever made, what came over it
  def heard
    report.fetch("heard")
  end

  # @return [Integer] connections that are open
  def open
    report.fetch("open")
  end

  # @return [Integer] connections that were open at the same time
  def most
    report.fetch("most")
  end

  def close
    @server.close
  end

  private

  def report
    @server.puts
    JSON.parse(@server.gets)
  end

  # The process.
  class Program
    def initialize(delay)
      @delay = delay
      @heard = []
      @open = @most = 0
      @lock = Mutex.new
    end

    def run
      server = TCPServer.new("127.0.0.1", 0)
      server.listen(1024)
      Thread.new { loop { Thread.new(server.accept) { |client| serve(client) } } }
      say(server.addr[1])
      say(@lock.synchronize { JSON.generate(heard: @heard, open: @open, most: @most) }) while $stdin.gets
    end

    private

    def serve(client)
      prompts = []
      @lock.synchronize { (@heard << prompts) && (@most = [@most, @open += 1].max) }
      while (line = client.gets)
        prompt = line.start_with?("POST /api/v1/chat/completions HTTP/1.1") ? prompt(client) : "garbled: #{line}"
        @lock.synchronize { prompts << prompt }
        prompt == "hang" ? client.read : answer(client, prompt)
      end
    rescue SystemCallError, IOError
      nil
    ensure
      client.close
      @lock.synchronize { @open -= 1 }
    end

    def prompt(client)
      length = 0
      while (header = client.gets) && header != "\r\n"
        length = header[/\d+/].to_i if header.match?(/\Acontent-length:/i)
      end
      JSON.parse(client.read(length)).fetch("messages").first.fetch("content")
    rescue JSON::ParserError => e
      "garbled: #{e.message}"
    end

    def answer(client, prompt)
      sleep(prompt == "slow" ? 1 : @delay)
      body = JSON.generate(id: "gen", model: "m", choices: [{ message: { role: "assistant", content: prompt } }],
                           usage: { cost: 0.25 })
      client.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" \
                   "Content-Length: #{body.bytesize}\r\n\r\n#{body}")
    end

    def say(text)
      $stdout.syswrite("#{text}\n")
    end
  end

  Program.new(Float(ARGV.fetch(0))).run if $PROGRAM_NAME == __FILE__
end
