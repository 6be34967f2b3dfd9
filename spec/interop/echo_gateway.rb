# frozen_string_literal: true

require "json"
require "rbconfig"
require "socket"

# A gateway in a process of its own that answers with the prompt and records which prompt came over which connection.
# It never answers the prompt "hang", and answers "slow" when it is told to.
class EchoGateway
  # @yieldparam echo_gateway [EchoGateway]
  def self.open(**options)
    echo_gateway = new(**options)
    yield echo_gateway
  ensure
    echo_gateway&.close
  end

  # @param delay [Float] seconds that an answer takes
  # @param together [Integer] how many connections have been open at the same time before it answers the first request
  def initialize(delay: 0, together: 0)
    @server = IO.popen([RbConfig.ruby, __FILE__, delay.to_s, together.to_s], "r+")
    @port = Integer(@server.gets)
  end

  def base_url
    "http://127.0.0.1:#{@port}/api/v1"
  end

  # @return [Array<Array<String>>] for each connection that was ever made, the prompts that came over it
  def prompts_by_connection
    report.fetch("prompts_by_connection")
  end

  # @return [Integer] connections that are open
  def open_connections
    report.fetch("open_connections")
  end

  # @return [Integer] how many connections were open at the same time at most
  def most_connections
    report.fetch("most_connections")
  end

  # Answers "slow".
  def answer_slow
    report("slow")
  end

  def close
    @server.close
  end

  private

  def report(order = nil)
    @server.puts(order)
    JSON.parse(@server.gets)
  end

  # The process.
  class Program
    def initialize(delay, together)
      @delay = delay
      @together = together
      @prompts = []
      @open = @most = 0
      @lock = Mutex.new
      @all_open = ConditionVariable.new
      @slow = Queue.new
    end

    def run
      server = TCPServer.new("127.0.0.1", 0)
      server.listen(1024)
      Thread.new { loop { Thread.new(server.accept) { |client| serve(client) } } }
      print_line(server.addr[1])
      while (order = $stdin.gets)
        @slow.close if order == "slow\n"
        print_line(@lock.synchronize { report })
      end
    end

    private

    def report
      JSON.generate(prompts_by_connection: @prompts, open_connections: @open, most_connections: @most)
    end

    def serve(client)
      prompts = []
      @lock.synchronize { (@prompts << prompts) && opened }
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

    def opened
      @most = [@most, @open += 1].max
      @all_open.broadcast if @open == @together
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
      @lock.synchronize { @all_open.wait(@lock) while @most < @together }
      prompt == "slow" ? @slow.pop : sleep(@delay)
      body = JSON.generate(id: "gen", model: "m", choices: [{ message: { role: "assistant", content: prompt } }],
                           usage: { cost: 0.25 })
      client.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" \
                   "Content-Length: #{body.bytesize}\r\n\r\n#{body}")
    end

    def print_line(text)
      $stdout.syswrite("#{text}\n")
    end
  end

  Program.new(Float(ARGV.fetch(0)), Integer(ARGV.fetch(1))).run if $PROGRAM_NAME == __FILE__
end
