# frozen_string_literal: true

require "socket"

# Servers that stall, each in its own way, and what the clock on the wall says. All of them stall at once, so that the
# file takes no longer than the slowest. The promise is a tenth of a second; a machine that does other things besides
# may take longer.
RSpec.describe LlmRouter, "and servers that stall" do
  timeout = 2
  slack = 5.0

  before { @listeners = [] }
  after { @listeners.each(&:close) }

  def listener(backlog: 16)
    Socket.new(:INET, :STREAM).tap do |socket|
      socket.bind(Addrinfo.tcp("127.0.0.1", 0))
      socket.listen(backlog)
      @listeners << socket
    end
  end

  # A server that reads the request, sends the lines of a script with a second before each, and then says no more.
  def server(*script)
    listener = listener()
    Thread.new do
      client, = listener.accept
      client.readpartial(4096)
      script.each_with_index do |text, index|
        sleep 1 unless index.zero?
        client.write(text)
      end
      client.read
    rescue IOError, SystemCallError
      nil # The client has had enough, or the example is over.
    end
    "http://127.0.0.1:#{listener.local_address.ip_port}"
  end

  # Nothing accepts, and the backlog is full: the kernel leaves further connections waiting.
  def full
    listener = listener(backlog: 1)
    address = listener.local_address
    loop { @listeners << Socket.tcp(address.ip_address, address.ip_port, connect_timeout: 0.3) }
  rescue Errno::ETIMEDOUT
    "http://127.0.0.1:#{address.ip_port}"
  end

  def silent_tls
    "https://127.0.0.1:#{listener.local_address.ip_port}"
  end

  def stalls
    head = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    { "in connect" => full, "in the TLS handshake" => silent_tls, "before the answer" => server,
      "in the headers" => server("HTTP/1.1 200 OK\r\nContent-Le"), "in the body" => server("#{head}{"),
      "with a newline each second" => server(head, *["\n"] * 9),
      "with a byte of the body each second" => server(head, *'{"choices'.chars),
      "with a byte of the headers each second" => server("HTTP/1.1 200 OK\r\n", *"Content-L".chars) }
  end

  # @return [Hash{String => LlmRouter::Hop}] what became of a call to each of the servers, all at once
  def hops_of(servers, timeout)
    configure(same_vendor: :allow) do |config|
      servers.each_with_index { |(_, url), index| config.endpoint :"e#{index}", base_url: url, api_key: "k" }
    end
    calls = servers.each_with_index.to_h do |(what, _), index|
      slow_router = described_class.new(chain: [{ model: "a/b", endpoint: :"e#{index}" }], budget: budget,
                                        timeout: timeout)
      [what, Thread.new { failure_of { slow_router.call(messages: Support::MESSAGES) }.hops.first }]
    end
    calls.transform_values(&:value)
  end

  it "ends each attempt at its limit, wherever the server stalls", :slow do
    hops = hops_of(stalls, timeout)
    expect(hops.values.map(&:reason).uniq).to eq([:timeout])
    deviations = hops.to_h { |what, hop| [what, measured(what, hop.duration - timeout)] }
    expect(deviations.values).to all(be_between(0, slack)), deviations.inspect
    connected, unconnected = hops.partition { |what, _| !what.match?(/connect|handshake/) }
    expect(connected.map { |_, hop| hop.message }.uniq).to eq(["no whole answer within 2.000 s"])
    expect(unconnected.map { |_, hop| hop.message }.uniq).to eq(["no connection to 127.0.0.1 within 2.000 s"])
  end

  it "leaves the third of three candidates a third of 6 seconds, and it answers", :slow do
    gateway.hang
    gateway.answer("Late but here", Support::FLOOR, delay: 0.5)
    patient = router(deadline: 6)
    draft = nil
    took = seconds { draft = patient.call(messages: Support::MESSAGES) }
    expect(draft).to have_attributes(content: "Late but here", model: Support::FLOOR)
    expect(draft.hops.map(&:reason)).to eq(%i[timeout timeout])
    draft.hops.each { |hop| expect(measured("a third of 6 s", hop.duration - 2)).to be_between(-1, 1) }
    expect(took).to be >= 4.5
  end

  it "tries each candidate once, however it fails", :slow do
    [->(g) { g.fail(status: 503) }, ->(g) { g.fail(status: 429) }, lambda(&:reset), lambda(&:truncate), lambda(&:hang),
     ->(g) { g.stall(after: :body) }].each do |fault|
      gateway.reset!
      # On a connection that is there already, too.
      gateway.answer("Hi", "warm/up")
      configure(timeout: 1)
      described_class.new(chain: %w[warm/up other/one], budget: budget).call(messages: Support::MESSAGES)
      fault.call(gateway)
      expect(failure_of { ask }.hops.size).to eq(3)
      expect(models_called).to eq(["warm/up", *Support::CHAIN])
    end
  end
end
