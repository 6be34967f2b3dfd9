# frozen_string_literal: true

require "bigdecimal"
require "json"
require "securerandom"
require_relative "http_server"

# A gateway that bills, as a program of its own. It writes each bill to its ledger, also when the client has gone. It
# answers a chat completion with a random number of tokens, on loopback only, prints its port, and ends when its
# standard input does.
class BillingServer
  include HttpServer

  BYTES_PER_TOKEN = 4
  # Seconds for which an announced client waits for its answer, unless it leaves.
  LONGEST_WAIT = 60

  # @param options [Hash{String => Object}] as BillingGateway writes them
  def initialize(options)
    @prices = options.fetch("prices").transform_values { |price| price.transform_values { |usd| BigDecimal(usd) } }
    @delay = Range.new(*options.fetch("delay"))
    @overruns = options.fetch("overruns")
    @random = Random.new(options.fetch("seed"))
    @announce = options.fetch("announce")
    @occurrences = Hash.new(0)
    @ledger = File.open(options.fetch("ledger"), "a")
    @lock = Mutex.new
  end

  def run
    print_line(listen(0))
    $stdin.read
  end

  private

  def answer(client, line, body)
    client.write(http(line.start_with?("POST ") ? completion(JSON.parse(body), client) : nil))
  end

  def http(reply)
    status = reply ? "200 OK" : "404 Not Found"
    reply ||= '{"error":{"code":404,"message":"there is no such thing here"}}'
    "HTTP/1.1 #{status}\r\nContent-Type: application/json\r\nContent-Length: #{reply.bytesize}\r\n\r\n#{reply}"
  end

  # Billed also when the client goes away before the answer.
  def completion(request, client)
    most = request.fetch("max_tokens")
    words = request.fetch("messages").map { |message| message.fetch("content") }.join
    answered, delay, announced = @lock.synchronize { draw(most, words) }
    sleep(delay)
    reply = completed(request.fetch("model"), most, (words.bytesize / BYTES_PER_TOKEN) + 1, answered)
    announce(words, client) if announced
    reply
  end

  def draw(most, words)
    @occurrences[words] += 1
    tokens = @random.rand < @overruns ? (most * 1.5).ceil : @random.rand(1..most)
    [tokens, @random.rand(@delay), @announce[words] == @occurrences[words]]
  end

  # However late the client is killed for it, the request is then on the wire, and billed.
  def announce(words, client)
    print_line(words)
    client.wait_readable(LONGEST_WAIT)
  end

  # One write for each line, so that no line is ever incomplete.
  def bill(cost, overrun)
    "gen-#{SecureRandom.uuid}".tap do |id|
      line = "#{id} #{cost.to_s('F')} #{overrun.to_s('F')}\n"
      @lock.synchronize { @ledger.syswrite(line) }
    end
  end

  def completed(model, most, prompted, answered)
    prompt, completion = @prices.fetch(model).values_at("prompt", "completion")
    cost = (prompted * prompt) + (answered * completion)
    json(bill(cost, [answered - most, 0].max * completion), model, prompted, answered, cost)
  end

  # Written by hand, so that the cost keeps all its digits.
  def json(id, model, prompt, tokens, cost)
    %({"id":"#{id}","object":"chat.completion","created":0,"model":#{model.to_json},"choices":[{"index":0,) +
      %("finish_reason":"stop","message":{"role":"assistant","content":"Yes."}}],"usage":{"prompt_tokens":#{prompt},) +
      %("completion_tokens":#{tokens},"total_tokens":#{prompt + tokens},"cost":#{cost.to_s('F')}}})
  end

  def print_line(text)
    $stdout.syswrite("#{text}\n")
  end
end

BillingServer.new(JSON.parse(ARGV.fetch(0))).run
