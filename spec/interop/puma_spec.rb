# frozen_string_literal: true

require "socket"
require "timeout"
require "tmpdir"
require_relative "echo_gateway"

# A real cluster of Puma, over a real socket. Its master uses the router before it forks.
RSpec.describe "A Puma cluster", :puma, :slow do
  def app(url)
    <<~RUBY
      ARGV[0] = "#{url}"
      require_relative "preamble"
      ask = -> { ROUTER.call(messages: [{ role: "user", content: Process.pid.to_s }]) }
      ask.call
      run lambda { |_env|
        answer = ask.call
        [200, { "content-type" => "text/plain" }, ["\#{Process.pid} \#{answer.content} \#{answer.hops.size}"]]
      }
    RUBY
  end

  around do |example|
    EchoGateway.open { |echo_gateway| Dir.mktmpdir("llm_router") { |home| serve(home, echo_gateway) { example.run } } }
  end

  def serve(home, echo_gateway)
    @socket = File.join(home, "puma.sock")
    @echo_gateway = echo_gateway
    File.write(File.join(home, "preamble.rb"), Support::PREAMBLE)
    File.write(File.join(home, "config.ru"), app(echo_gateway.base_url))
    yield
  ensure
    stop if @puma
  end

  # @param settings [String] of Puma's configuration
  def start(settings)
    home = File.dirname(@socket)
    File.write(File.join(home, "puma.rb"), "workers 2\nthreads 4, 4\nbind 'unix://#{@socket}'\n#{settings}")
    ruby = [RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__)]
    command = [*ruby, Gem.bin_path("puma", "puma"), "-C", "puma.rb"]
    @puma = IO.popen(command, chdir: home, err: %i[child out], pgroup: true)
    booted(2)
  end

  # Once so many workers have come up, with the index that they have.
  def booted(count)
    Timeout.timeout(60) { count.times { nil until @puma.gets.match?(/Worker \d+ \(PID: \d+\) booted/) } }
  end

  # After a refork, Puma 6 on Ruby 3.3 does not always end, with this gem or without.
  def stop
    Process.kill(:TERM, @puma.pid)
    Timeout.timeout(60) { @puma.read }
  rescue Timeout::Error
    Process.kill(:KILL, -@puma.pid)
  ensure
    @puma.close
  end

  # @return [Integer] the worker that answered
  def get
    answer = UNIXSocket.open(@socket) { |io| io.write("GET / HTTP/1.0\r\n\r\n") && io.read }
    worker, asker, hops = answer[/[^\n]+\z/].split
    expect([asker, hops]).to eq([worker, "0"]), answer
    Integer(worker)
  rescue Errno::EPIPE, Errno::ECONNRESET
    # A worker that ends closes connections whose request has not come, or is on its way.
    retry
  end

  # The kernel may give many requests in a row to one worker, so until so many have answered that were not there before.
  # @return [Array<Integer>]
  def workers(count, beside: [])
    seen = []
    Timeout.timeout(60) do
      seen |= Array.new(40) { Thread.new { get } }.map(&:value) - beside until seen.size >= count
    end
    seen
  end

  def expect_connections_of_one_process_each
    expect(@echo_gateway.prompts_by_connection.map { |prompts| prompts.uniq.size }).to all(be <= 1)
  end

  it "with preload_app! answers from every worker, also from those that replace one that was killed" do
    start("preload_app!")
    first = workers(2)
    expect(first.size).to eq(2)
    Process.kill(:KILL, first.first)
    booted(1)
    expect(workers(1, beside: first)).to have_attributes(size: 1)
    expect_connections_of_one_process_each
  end

  it "answers through a phased restart" do
    start("preload_app! false") # as it was by itself before Puma 7
    first = workers(2)
    Process.kill(:USR1, @puma.pid)
    busy = Thread.new { Array.new(200) { get } }
    booted(2)
    expect(busy.value.size).to eq(200)
    expect(workers(2) & first).to be_empty
    expect_connections_of_one_process_each
  end

  it "answers from workers that are forked from one which has been serving" do
    start("preload_app!\nfork_worker 0")
    first = workers(2)
    Process.kill(:URG, @puma.pid)
    booted(1)
    expect(workers(1, beside: first)).to have_attributes(size: 1)
    expect_connections_of_one_process_each
  end
end
