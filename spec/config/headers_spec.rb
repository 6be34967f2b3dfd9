# frozen_string_literal: true

RSpec.describe LlmRouter, "and headers of the app's own" do
  secret = "pass-0123456789"

  def sent(index = -1) = gateway.requests.fetch(index).headers

  # An endpoint at the gateway, whose requests have no bearer token.
  def azure(**settings)
    configure do |config|
      config.headers = { "X-Team" => "search", x_release: 7, "X-Unset" => nil }
      config.endpoint :azure, base_url: gateway.base_url, **settings
      config.chain :default, [{ model: "gpt-4o", endpoint: :azure }]
      yield config if block_given?
    end
  end

  around { |example| with_gateway(api_key: nil) { example.run } }
  before { gateway.answer("Hi") }

  it "sends those of the configuration to every endpoint, and to the look-up of prices" do
    configure(headers: { "X-Team" => "search", x_release: 7, "X-Unset" => nil })
    ask
    expect(sent).to include("x-team" => "search", "x-release" => "7")
    expect(sent).not_to include("x-unset")
    azure
    ask
    expect(sent).to include("x-team" => "search", "x-release" => "7")
  end

  it "prefers those of an endpoint, and those of a call over both" do
    azure(headers: { "x-team" => "endpoint", "X-Release" => nil, "X-Own" => "1" })
    ask
    expect(sent.slice("x-team", "x-release", "x-own")).to eq("x-team" => "endpoint", "x-own" => "1")
    ask(headers: { "X-TEAM" => "call", "X-Trace" => 8 })
    expect(sent.slice("x-team", "x-trace", "x-own")).to eq("x-team" => "call", "x-trace" => "8", "x-own" => "1")
    ask(headers: nil)
    expect(sent["x-team"]).to eq("endpoint")
  end

  it "leaves out one that is nil in a call, also in a batch, and sends it in the next call" do
    configure(headers: { "X-Team" => "search" }, app_name: "Shop")
    ask(headers: { x_team: nil, "X-Trace" => nil, "X-Own" => "1" })
    expect(sent).to include("x-own" => "1")
    expect(sent).not_to include("x-team", "x-trace")
    router.call_all([{ messages: Support::MESSAGES, headers: { "X-TEAM" => nil } }])
    expect(sent).not_to include("x-team")
    ask
    expect(sent).to include("x-team" => "search")
  end

  it "shows nothing behind a name that holds its value" do
    pairs = { "X-Key: #{secret}" => "", "X-Key=#{secret}" => "", ":#{secret}" => "1" }
    pairs.each do |name, value|
      error = failure_of { configure(headers: { name => value }) }
      expect(error.message).to include("give a name of letters")
      expect(error.message).not_to include(secret)
      error = failure_of { azure(auth: name) }
      expect(error.message).to match(/auth of endpoint azure is ".*": give :bearer/)
      expect(error.message).not_to include(secret)
    end
  end

  it "sends the key in the header that is named, in place of a bearer token" do
    { "api-key" => "api-key", "X-Goog-Api-Key" => "x-goog-api-key", api_key: "api-key" }.each do |auth, header|
      azure(api_key: secret, auth: auth)
      ask
      expect(sent[header]).to eq(secret)
      expect(sent).not_to include("authorization")
    end
    azure(api_key: "Api-Key #{secret}", auth: "Authorization")
    ask
    expect(sent["authorization"]).to eq("Api-Key #{secret}")
    azure(api_key: secret, auth: :bearer)
    ask
    expect(sent["authorization"]).to eq("Bearer #{secret}")
  end

  it "calls an Azure deployment at its address with its version" do
    gateway.stop
    seen = Queue.new
    server = TCPServer.new("127.0.0.1", 0)
    thread = Thread.new do
      socket = server.accept
      seen << [socket.gets, *socket.each_line(chomp: true).take_while { |line| !line.empty? }]
      socket.close
    end
    base = "http://127.0.0.1:#{server.addr[1]}/openai/deployments/gpt-4o?api-version=2024-10-21"
    configure do |config|
      config.endpoint :azure, base_url: base, api_key: secret, auth: "api-key"
      config.chain :default, [{ model: "gpt-4o", endpoint: :azure }]
    end
    failure_of { ask }
    line, *headers = seen.pop
    expect(line).to eq("POST /openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21 HTTP/1.1\r\n")
    expect(headers).to include("api-key: #{secret}")
  ensure
    thread&.join
    server&.close
  end

  # A chain of OpenRouter and a gateway beside it. Returns those headers, of those called so, that each of them got.
  def sent_to_each(names, of_gateway: {})
    gateway.fail(Support::PRIMARY, status: 503)
    configure(app_name: "Shop", app_url: "https://shop.example",
              headers: { "X-OpenRouter-Metadata" => "enabled", "X-Team" => "search" }) do |config|
      config.endpoint :other, base_url: gateway.base_url, api_key: "k", headers: of_gateway
      config.chain :default, [Support::PRIMARY, { model: "llama-3.3-70b", endpoint: :other }]
    end
    yield
    gateway.requests.last(2).map { |request| request.headers.slice(*names) }
  end

  it "sends what is OpenRouter's own to OpenRouter alone" do
    names = %w[x-openrouter-title http-referer x-openrouter-metadata x-openrouter-cache x-team]
    headers = { "X-OpenRouter-Cache" => "true" }
    calls = [-> { ask(headers: headers) },
             -> { router.call_all([{ messages: Support::MESSAGES, headers: headers }]) }]
    calls.each do |call|
      openrouter, other = sent_to_each(names, &call)
      expect(openrouter.keys).to match_array(names)
      expect(other).to eq("x-team" => "search")
    end
  end

  it "sends an endpoint what its own headers say, as it may be a proxy before OpenRouter" do
    own = { "x-openrouter-title" => "Shop", "x-openrouter-metadata" => nil, "http-referer" => "https://shop.example" }
    _, other = sent_to_each(own.keys, of_gateway: own) { ask }
    expect(other).to eq(own.compact)
  end

  it "sends those of each request of a batch with it" do
    configure
    requests = [{ headers: { "X-Trace" => "1" } }, { "headers" => { x_trace: "2" } }, {}]
    results = router.call_all(requests.map { |request| { messages: Support::MESSAGES, **request } }, concurrency: 1)
    expect(results).to all(be_a(LlmRouter::Response))
    expect(gateway.requests.map { |request| request.headers["x-trace"] }).to eq(["1", "2", nil])
    expect(gateway.requests.flat_map { |request| request.body.keys }.uniq).to eq(%w[model messages])
  end

  it "sends those of the app's endpoint and call to the gateway of testing!" do
    require "llm_router/testing"
    azure(headers: { "X-Own" => "1" }, api_key: secret, auth: "api-key")
    described_class.testing! { |gateway| gateway.answer("Hi") }
    ask(headers: { "X-Trace" => "1" })
    expect(described_class.testing.requests.last.headers)
      .to include("x-own" => "1", "x-trace" => "1", "x-team" => "search")
  end

  faults = {
    { "X-Team\r\nX-Evil" => "1" } => /has a header called "x?X-Team\\r\\nX-Evil": give a name/,
    { "" => "1" } => /has a header called ""/,
    { "X Team" => "1" } => /give a name of letters/,
    { "Grüße" => "1" } => /give a name of letters/,
    { 7 => "1" } => /has a header called "7"/,
    { "X-Team" => "#{secret}\n" } => /X-Team holds a line break/,
    { "X-Team" => "#{secret}\r\nX-Evil: 1" } => /X-Team holds a line break/,
    { "X-Team" => "#{secret}\0" } => /X-Team holds a line break, or another character/,
    { "X-Team" => "#{secret}ü" } => /X-Team holds a line break, or another character/,
    { "X-Team" => [secret] } => /X-Team is a Array: give a String/,
    { "X-Team" => { token: secret } } => /X-Team is a Hash: give a String/,
    { "X-Team" => secret * 1000 } => /X-Team has 15000 bytes: give 8000 at most/,
    { "Authorization" => "Bearer #{secret}" } => /the header Authorization: pass the key as api_key:.*auth:/,
    { authorization: secret } => /pass the key as api_key:/,
    { "host" => secret } => /the header host: the router sets it itself/,
    { "Content-Length" => "3" } => /the router sets it itself/,
    { content_type: "text/plain" } => /the router sets it itself/,
    { "Transfer-Encoding" => "chunked" } => /the router sets it itself/,
    { "Accept-Encoding" => "br" } => /the router sets it itself/,
    { "Idempotency-Key" => "1" } => /every candidate would get the answer of the first/,
    { "X-Idempotency-Token" => "1" } => /every candidate would get the answer of the first/,
    "X-Team: #{secret}" => /is a String: give a Hash/,
    (1..51).to_h { |n| ["X-#{n}", n] } => /is 51 headers: give a Hash of 50 at most/
  }

  faults.each do |headers, message|
    it "refuses #{headers.inspect[0, 60]} before anything is sent, without its value" do
      configure
      request = { messages: Support::MESSAGES, headers: headers }
      attempts = {
        -> { configure(headers: headers) } => [LlmRouter::ConfigurationError, "headers"],
        -> { azure(api_key: "k", headers: headers) } => [LlmRouter::ConfigurationError, "headers of endpoint azure"],
        -> { router.call(**request) } => [ArgumentError, "call: headers"],
        -> { router.call_all([request]) } => [ArgumentError, "requests[0]: headers"]
      }
      attempts.each do |attempt, (kind, place)|
        expect(&attempt).to raise_error(kind, message) { |error|
          expect(error.message).to start_with(place)
          expect(error.message).not_to include(secret)
        }
      end
      expect(gateway.requests).to be_empty
      expect(budget.charges).to be_empty
    end
  end

  it "refuses a header that carries the key of one of the chain's endpoints" do
    taken = /it carries the key of an endpoint: pass that as api_key:/
    expect { azure(api_key: "k", auth: "api-key", headers: { "API-Key" => secret }) }
      .to raise_error(LlmRouter::ConfigurationError, taken)
    azure(api_key: "k", auth: "api-key")
    expect { ask(headers: { api_key: secret }) }.to raise_error(ArgumentError, taken)
    configure(headers: { "api-key" => "for OpenRouter" })
    ask(headers: { api_key: "x" })
    expect(sent["api-key"]).to eq("x")
  end

  it "refuses what cannot carry a key" do
    ["Host", "api key", "api\nkey", 7, "", :content_length, "Idempotency-Key"].each do |auth|
      expect { azure(api_key: "k", auth: auth) }
        .to raise_error(LlmRouter::ConfigurationError, /auth of endpoint azure is .*: give :bearer, or the name/)
    end
  end

  it "refuses headers as parameters of a candidate" do
    expect { configure { |config| config.chain :a, [{ model: "a/b", params: { headers: { a: 1 } } }] } }
      .to raise_error(LlmRouter::ConfigurationError, /headers are no parameter of the API: give them to a call/)
  end

  it "shows no value in the log, an error, or an inspection" do
    gateway.fail("*", status: 400, message: "no tenant #{secret}, no #{secret.reverse}")
    azure(api_key: "k", headers: { "X-Pass" => secret })
    error = failure_of { ask(headers: { "X-Other" => "Basic #{secret.reverse}" }) }
    config = described_class.config
    endpoint = config.endpoint_called(:azure)
    shown = [log, error.full_message, error.body, error.hops.inspect, config.inspect, config.headers.inspect,
             endpoint.inspect, endpoint.instance_variables.map { |name| endpoint.instance_variable_get(name).inspect }]
    expect(error.message).to include("no tenant [FILTERED], no [FILTERED]")
    expect(shown.join).not_to include(secret)
    expect(shown.join).not_to include(secret.reverse)
    expect(config.headers.to_s).to include('"x-team"').and include("[FILTERED]")
  end
end
