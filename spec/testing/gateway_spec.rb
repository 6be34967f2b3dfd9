# frozen_string_literal: true

require "llm_router/testing/gateway"
require "net/http"
require "open3"
require "rbconfig"
require "timeout"
require "tmpdir"

RSpec.describe LlmRouter::Testing::Gateway do
  let(:gateway) { described_class.start }
  let(:uri) { URI("#{gateway.base_url}/chat/completions") }

  after { gateway.stop }

  def payload(model)
    JSON.generate(model:, messages: [{ role: "user", content: "Hi" }])
  end

  def headers(key)
    { "authorization" => "Bearer #{key}", "content-type" => "application/json" }
  end

  def post(model = "openai/gpt-5-mini", key: "test-key", body: payload(model), to: uri)
    Net::HTTP.start(to.host, to.port, max_retries: 0, ignore_eof: false, read_timeout: 10) do |http|
      http.post(to.path, body, headers(key))
    end
  end

  def json(response)
    JSON.parse(response.body)
  end

  def content(response)
    json(response).dig("choices", 0, "message", "content")
  end

  def error(response)
    json(response).fetch("error")
  end

  # A client whose connection the example holds in its hands.
  def socket(model = "openai/gpt-5-mini")
    io = TCPSocket.new(uri.host, uri.port)
    send_on(io, model)
    return io unless block_given?

    begin
      yield io
    ensure
      io.close
    end
  end

  def send_on(io, model = "openai/gpt-5-mini")
    body = payload(model)
    io.write("POST #{uri.path} HTTP/1.1\r\nHost: #{uri.host}\r\nAuthorization: Bearer test-key\r\n" \
             "Content-Type: application/json\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
  end

  def read_head(io)
    io.gets("\r\n\r\n")
  end

  describe "#answer" do
    it "answers as OpenRouter does" do
      gateway.answer("Hello")
      response = post("openai/gpt-5-mini")
      answer = json(response)

      expect(response).to have_attributes(code: "200", content_type: "application/json")
      expect(response["x-generation-id"]).to eq(answer["id"])
      expect(answer).to include("object" => "chat.completion", "model" => "openai/gpt-5-mini", "provider" => "Testing")
      expect(answer["choices"]).to match([include("index" => 0, "finish_reason" => "stop",
                                                  "message" => include("role" => "assistant", "content" => "Hello"))])
      expect(answer["usage"]).to include("total_tokens" => 20, "cost" => 0, "is_byok" => false)
    end

    ["0.0021", "0.00210", "0.10000000000000000000000000000000001", "1e-7", "12345678901234567890.5", "0"].each do |cost|
      it "writes a cost of #{cost} with just these digits" do
        gateway.answer("Hello", cost_usd: cost)
        expect(post.body).to include(%("cost":#{cost},)).and include(%("upstream_inference_cost":#{cost}}))
        expect(gateway.billed_usd).to eq(BigDecimal(cost))
      end
    end

    it "answers with the JSON of a Hash or an Array" do
      gateway.answer({ a: [1, nil] }).answer([1], times: 1)
      expect(Array.new(2) { content(post) }).to eq(["[1]", '{"a":[1,null]}'])
    end

    it "takes a cost as a BigDecimal, an Integer, or null" do
      gateway.answer("c", cost_usd: nil).answer("b", cost_usd: 2, times: 1)
      gateway.answer("a", cost_usd: BigDecimal("0.0021"), times: 1)
      expect(Array.new(3) { post.body[/"cost":([^,]+)/, 1] }).to eq(%w[0.0021 2 null])
      expect(gateway.billed_usd).to eq(BigDecimal("2.0021"))
    end

    it "refuses a cost that is not exact, or no number" do
      [0.1, "0,1", "$1", "", "01", "NaN", BigDecimal("NaN"), 1r].each do |cost|
        expect { gateway.answer("Hello", cost_usd: cost) }.to raise_error(ArgumentError, /a cost is a decimal String/)
      end
    end

    it "bills bring-your-own-key with the upstream cost, and other answers without it" do
      gateway.answer("own", "byok/*", is_byok: true, cost_usd: "0.001", upstream_cost_usd: "0.02")
      gateway.answer("not", "ours/*", cost_usd: "0.3", upstream_cost_usd: "0.29")
      usage = json(post("byok/m"))["usage"]

      expect(usage).to include("is_byok" => true, "cost" => 0.001)
      expect(usage["cost_details"]).to eq("upstream_inference_cost" => 0.02)
      post("ours/m")
      expect(gateway.billed_usd).to eq(BigDecimal("0.321"))
    end

    it "answers with tool calls, a refusal, reasoning, another model and any field" do
      call = { "id" => "1", "type" => "function", "function" => { "name" => "f", "arguments" => "{}" } }
      gateway.answer(nil, tool_calls: [call], refusal: "No", reasoning: "Hm", model: "openai/billed", provider: "Azure",
                          id: "gen-1", system_fingerprint: "fp", created: nil)
      response = post
      answer = json(response)

      expect(answer.dig("choices", 0)).to include("finish_reason" => "tool_calls")
      expect(answer.dig("choices", 0, "message")).to eq("role" => "assistant", "content" => nil, "refusal" => "No",
                                                        "reasoning" => "Hm", "tool_calls" => [call])
      expect(answer).to include("model" => "openai/billed", "provider" => "Azure", "system_fingerprint" => "fp")
      expect(answer).not_to have_key("created")
      expect(response["x-generation-id"]).to eq("gen-1")
    end

    it "merges usage, and can leave it out" do
      gateway.answer("without", usage: nil).answer("with", usage: { prompt_tokens: 30, extra: 1 }, times: 1)
      expect(json(post)["usage"]).to include("prompt_tokens" => 30, "total_tokens" => 38, "extra" => 1)
      expect(json(post)).not_to have_key("usage")
    end

    it "waits for the delay" do
      gateway.answer("Hello", delay: 0.1)
      expect(seconds { post }).to be_between(0.1, 60)
    end

    it "bills nothing when the client leaves during the delay" do
      gateway.answer("Hello", cost_usd: "1", delay: 30)
      socket { gateway.await_requests(1) }
      expect(gateway.await_disconnect).to equal(gateway.requests.first)
      expect(gateway.billed_usd).to eq(0)
    end

    it "compresses" do
      gateway.answer("Hello" * 1000, gzip: true)
      request = Net::HTTP::Post.new(uri, headers("test-key").merge("accept-encoding" => "gzip"))
      response = Net::HTTP.start(uri.host, uri.port) { |http| http.request(request, payload("a/b")) }

      expect(response["content-encoding"]).to eq("gzip")
      expect(response.body.bytesize).to be < 1000
      expect(JSON.parse(Zlib.gunzip(response.body)).dig("choices", 0, "message", "content")).to eq("Hello" * 1000)
    end

    it "keeps the connection alive" do
      gateway.answer("Hello")
      Net::HTTP.start(uri.host, uri.port) do |http|
        3.times { http.post(uri.path, payload("a/b"), headers("test-key")) }
      end
      expect(gateway.connections).to eq(1)
      post
      expect(gateway.connections).to eq(2)
    end
  end

  describe "#answer with then:" do
    def read_answer(io)
      head = read_head(io)
      expect(head).not_to match(/^connection:/i)
      JSON.parse(io.read(head[/content-length: (\d+)/i, 1].to_i))
    end

    it "closes the connection it promised to keep" do
      gateway.answer("Hello", then: :close, cost_usd: "0.5")
      socket do |io|
        expect(read_answer(io).dig("choices", 0, "message", "content")).to eq("Hello")
        expect(gateway.await_hangup).to equal(gateway.requests.first)
        expect(io.read).to eq("")
      end
      expect(gateway.billed_usd).to eq(BigDecimal("0.5"))
    end

    it "resets it" do
      gateway.answer("Hello", then: :reset)
      socket do |io|
        read_answer(io)
        gateway.await_hangup
        expect { io.read }.to raise_error(Errno::ECONNRESET)
      end
    end

    it "resets it only when it is used again" do
      gateway.answer("Hello", then: :reset_on_reuse)
      socket do |io|
        read_answer(io)
        expect { gateway.await_hangup(within: 0.1) }.to raise_error(LlmRouter::Testing::AwaitTimeout)
        send_on(io)
        gateway.await_hangup
        expect { io.read }.to raise_error(Errno::ECONNRESET)
      end
      expect(gateway.requests.size).to eq(1)
    end

    it "refuses any other end" do
      expect { gateway.answer("Hello", then: :explode) }.to raise_error(ArgumentError, /then: is :close.*not :explode/)
    end
  end

  describe "other answers" do
    it "sends any body, as it is" do
      gateway.raw(body: "{\"nonsense", status: 200, headers: { "X-Made-Up" => "1", "Content-Type" => "text/html" })
      expect(post).to have_attributes(body: "{\"nonsense", content_type: "text/html")
      expect(post["x-made-up"]).to eq("1")
    end

    it "sends a huge answer" do
      gateway.huge(bytes: 3_000_000)
      expect(content(post).bytesize).to eq(3_000_000)
    end

    it "redirects" do
      gateway.redirect(to: "http://127.0.0.1:1/elsewhere")
      expect(post).to have_attributes(code: "307")
      expect(post["location"]).to eq("http://127.0.0.1:1/elsewhere")
    end

    it "responds with what a block makes of the request" do
      gateway.respond("x/*") { |request| [418, { "X-Teapot" => "yes" }, request.messages.first["content"]] }
      response = post("x/y")
      expect(response).to have_attributes(code: "418", body: "Hi")
      expect(response["x-teapot"]).to eq("yes")
    end

    it "says what went wrong in that block" do
      gateway.respond { raise KeyError, "no such thing" }
      expect(error(post)["message"]).to eq("llm_router testing: KeyError while answering: no such thing")
      gateway.respond { "a String" }
      expect(error(post)["message"]).to include("an answer is a status (Integer), headers (Hash) and a body (String)")
      expect { gateway.respond }.to raise_error(ArgumentError, /needs a block/)
    end
  end

  describe "failures" do
    it "fails with a status and an error" do
      gateway.fail("a/*", status: 402, message: "Out", metadata: { error_type: "openrouter_credits" })
      response = post("a/b")
      expect(response).to have_attributes(code: "402", content_type: "application/json")
      expect(json(response)).to eq("error" => { "code" => 402, "message" => "Out",
                                                "metadata" => { "error_type" => "openrouter_credits" } })
    end

    it "takes the code, more fields and headers, and a body of its own" do
      gateway.fail(status: 429, code: "slow_down", availability: { retryable: true },
                   headers: { "x-ratelimit-limit" => "1" })
      expect(error(post)).to include("code" => "slow_down", "availability" => { "retryable" => true })
      expect(post["x-ratelimit-limit"]).to eq("1")
      gateway.fail(status: 524, body: "<html>")
      expect(post).to have_attributes(code: "524", body: "<html>")
    end

    it "sends Retry-After as seconds or as a date" do
      gateway.fail(status: 429, retry_after: 7, times: 1)
      expect(post["retry-after"]).to eq("7")
      gateway.fail(status: 503, retry_after: Time.at(0), times: 1)
      expect(post["retry-after"]).to eq("Thu, 01 Jan 1970 00:00:00 GMT")
    end

    it "fails inside a 200" do
      gateway.fail_inside(code: 502, message: "Provider returned error", metadata: { provider_name: "X" })
      expect(json(post)).to include("error" => { "code" => 502, "message" => "Provider returned error",
                                                 "metadata" => { "provider_name" => "X" } })
      expect(json(post).keys).not_to include("choices", "usage")
    end

    it "bills a failure that cost something" do
      gateway.fail_inside(code: 502, cost_usd: "0.0003")
      expect(post.body).to include(%("cost":0.0003))
      gateway.finish_with_error(code: 502, cost_usd: "0.001")
      expect(post.code).to eq("200")
      gateway.empty(cost_usd: "0.01")
      post
      expect(gateway.billed_usd).to eq(BigDecimal("0.0113"))
    end

    it "finishes with an error and the text so far" do
      gateway.finish_with_error(code: 502, message: "Gone", content: "Dear Ms")
      expect(json(post).dig("choices", 0)).to include("finish_reason" => "error",
                                                      "message" => include("content" => "Dear Ms"),
                                                      "error" => { "code" => 502, "message" => "Gone" })
    end

    it "answers with nothing" do
      gateway.empty
      expect(content(post)).to eq("")
      gateway.no_choices
      expect(json(post)).to include("choices" => [])
    end
  end

  describe "faults" do
    it "hangs until the client leaves" do
      gateway.hang
      socket do |io|
        request = gateway.await_requests(1).first
        expect(io.wait_readable(0.1)).to be_nil
        expect { gateway.await_disconnect(within: 0.05) }.to raise_error(LlmRouter::Testing::AwaitTimeout)
        io.close
        expect(gateway.await_disconnect).to equal(request)
      end
      expect { gateway.await_disconnect(within: 0.05) }.to raise_error(LlmRouter::Testing::AwaitTimeout)
    end

    it "notices a client that resets" do
      gateway.hang
      socket do |io|
        gateway.await_requests(1)
        io.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
      end
      expect { gateway.await_disconnect }.not_to raise_error
    end

    it "holds no thread of Puma while it hangs" do
      gateway.hang("slow/*").answer("Hello", "fast/*")
      sockets = Array.new(150) { socket("slow/m") }
      gateway.await_requests(150)
      expect(content(post("fast/m"))).to eq("Hello")
      sockets.each(&:close)
      150.times { gateway.await_disconnect }
    end

    it "resets before an answer" do
      gateway.reset
      expect { post }.to raise_error(Errno::ECONNRESET)
    end

    it "truncates" do
      gateway.truncate
      head, body = socket { |io| io.read.split("\r\n\r\n", 2) }
      expect(body).to match(/\A\{.*[^}]\z/m)
      expect(body.bytesize).to be < Integer(head[/content-length: (\d+)/i, 1])
    end

    it "stalls after the headers" do
      gateway.stall(after: :headers)
      socket do |io|
        expect(read_head(io)).to match(/\AHTTP\S+ 200 .*content-length: \d+/m)
        expect(io.wait_readable(0.1)).to be_nil
      end
      expect { gateway.await_disconnect }.not_to raise_error
    end

    it "stalls in the middle of the body" do
      gateway.stall(after: :body)
      socket do |io|
        length = read_head(io)[/content-length: (\d+)/, 1].to_i
        expect(io.read(length / 2)).to start_with("{")
        expect(io.wait_readable(0.1)).to be_nil
      end
      expect { gateway.stall(after: :lunch) }.to raise_error(ArgumentError, /after: is :headers or :body/)
    end

    it "drips until the client leaves" do
      gateway.drip(every: 0.01)
      socket do |io|
        expect(read_head(io)).to include("transfer-encoding: chunked")
        expect(Array.new(5) { io.read(6) }).to all(eq("1\r\n\n\r\n"))
      end
      expect { gateway.await_disconnect }.not_to raise_error
    end

    it "drips for some time and then answers" do
      gateway.drip(every: 0.02, for: 0.1, content: "At last", cost_usd: "0.0021")
      response = nil
      expect(seconds { response = post }).to be_between(0.1, 60)
      expect(response.body).to match(/\A\n{1,6}\{/)
      expect(content(response)).to eq("At last")
      expect(gateway.billed_usd).to eq(BigDecimal("0.0021"))
    end

    it "refuses options that have no place in a drip" do
      expect { gateway.drip(gzip: true, then: :close) }.to raise_error(ArgumentError, "drip takes no gzip:, then:")
    end
  end

  describe "matching" do
    it "prefers what was scripted last, until it is used up" do
      gateway.answer("first").answer("second", "anthropic/*", times: 2).fail("anthropic/claude*", status: 503, times: 1)
      replies = Array.new(4) { post("anthropic/claude-sonnet-4.5") }
      expect(replies.map(&:code)).to eq(%w[503 200 200 200])
      expect(replies.drop(1).map { |reply| content(reply) }).to eq(%w[second second first])
    end

    it "matches globs across slashes, a plain name, and a Regexp" do
      gateway.answer("glob", "a*z").answer("plain", "exact/m:free").answer("regexp", %r{\A(foo|bar)/})
      expect(%w[a/b/z exact/m:free bar/x].map { |model| content(post(model)) }).to eq(%w[glob plain regexp])
      expect(%w[a/b/zx exact/m a/foo/x].map { |model| post(model).code }).to eq(%w[422 422 422])
    end

    it "says what is scripted when nothing matches" do
      expect(error(post("x/y"))["message"]).to include('nothing scripted for "x/y"; scripted: nothing at all.')
      gateway.answer("Hello", "a/*", times: 1).answer("Hello", /b/)
      post("a/1")
      response = post("x/y")
      expect(response.code).to eq("422")
      expect(error(response)["message"]).to eq(
        'llm_router testing: nothing scripted for "x/y"; scripted: "a/*" (used up), /b/. ' \
        'Script it before the call: gateway.answer("Hello", "x/y").'
      )
    end

    it "uses a stub up exactly, whatever the threads" do
      gateway.fail(status: 503).answer("Hello", times: 20)
      codes = Array.new(8) { Thread.new { Array.new(5) { post.code } } }.flat_map(&:value)
      expect(codes.tally).to eq("200" => 20, "503" => 20)
    end

    it "refuses patterns, times and delays that make no sense" do
      expect { gateway.hang(:anthropic) }.to raise_error(ArgumentError, /the models are a String.*not :anthropic/)
      [0, -1, 1.5, "2"].each { |times| expect { gateway.hang(times:) }.to raise_error(ArgumentError, /times: is/) }
      [-1, "1", nil].each { |delay| expect { gateway.reset(delay:) }.to raise_error(ArgumentError, /delay: is/) }
    end
  end

  describe "who is let in" do
    it "wants the key" do
      gateway.answer("Hello")
      [post(key: "wrong"), post(key: "")].each do |response|
        expect(response.code).to eq("401")
        expect(error(response)).to match("code" => 401, "message" => start_with("llm_router testing: "))
        expect(response.body).not_to include("test-key")
      end
    end

    it "can do without one" do
      open = described_class.start(api_key: nil)
      open.answer("Hello")
      response = Net::HTTP.post(URI("#{open.base_url}/chat/completions"), payload("a/b"))
      expect(response.code).to eq("200")
    ensure
      open&.stop
    end

    it "says what models and generations cost, as scripted, and counts that as no request" do
      gateway.price("a/b", prompt: "0.000003", completion: "0.000015", context_length: 200_000)
      gateway.generation("gen-1", cost_usd: "0.00210", model: "a/b")
      get = ->(name) { Net::HTTP.get_response(URI("#{gateway.base_url}/#{name}"), headers("test-key")) }
      expect(get.call("models").body).to eq(
        '{"data":[{"id":"a/b","context_length":200000,' \
        '"pricing":{"prompt":"0.000003","completion":"0.000015","request":"0"}}]}'
      )
      expect(get.call("generation?id=gen-1").body).to eq('{"data":{"id":"gen-1","total_cost":0.00210,"model":"a/b"}}')
      expect(get.call("generation?id=gen-2").code).to eq("404")
      expect(gateway.lookups).to eq(%w[/models /generation?id=gen-1 /generation?id=gen-2])
      expect(gateway.requests).to be_empty
    end

    it "says what each provider of a model charges, by its escaped name" do
      gateway.price("a/b c", prompt: "0", completion: "0.000002", provider: "Cheap", max_completion_tokens: 100)
      gateway.price("a/b c", prompt: "0", completion: "0.00003", provider: "Dear", service_tier: "priority")
      gateway.price("a/b c", prompt: "0", completion: "0.000001", provider: "Cheap", max_completion_tokens: 100)
      get = ->(name) { Net::HTTP.get_response(URI("#{gateway.base_url}/#{name}"), headers("test-key")) }
      data = JSON.parse(get.call("models/a/b%20c/endpoints").body).fetch("data")
      expect(data["endpoints"].map { |one| [one["provider_name"], one["service_tier"], one["pricing"]["completion"]] })
        .to eq([["Dear", "priority", "0.00003"], ["Cheap", nil, "0.000001"]])
      expect(get.call("models/a/other/endpoints").code).to eq("404")
    end

    it "says that a model costs what its next scripted answer does" do
      gateway.answer("Hi", "a/*", cost_usd: "0.002").answer("Hi", "a/b", cost_usd: nil).fail("c/d", status: 503)
      get = ->(name) { JSON.parse(Net::HTTP.get(URI("#{gateway.base_url}/#{name}"), headers("test-key"))) }
      price = get.call("models/a/x/endpoints").dig("data", "endpoints", 0)
      expect(price["pricing"]).to eq("prompt" => "0", "completion" => "0", "request" => "0.002")
      expect(get.call("models")["data"].to_h { |model| [model["id"], model["pricing"]["request"]] })
        .to eq("c/d" => "0.000001")
    end

    it "answers 404 where it serves nothing, and 400 to what is not a JSON object" do
      %w[credits key].each do |name|
        response = Net::HTTP.get_response(URI("#{gateway.base_url}/#{name}"), headers("test-key"))
        expect(response.code).to eq("404")
        expect(error(response)["message"]).to include("GET /api/v1/#{name[/\w+/]} is not served here")
      end
      ["[1]", "{", "", "\xFF"].each { |body| expect(post(body:).code).to eq("400") }
    end
  end

  describe "what it has seen" do
    before { gateway.answer("Hello", cost_usd: "1") }

    it "keeps every request" do
      post("a/b", key: "wrong")
      post("c/d", body: '{"model":"c/d","messages":[{"role":"user","content":"Grüße"}],"temperature":0.2}')
      request = gateway.requests.last

      expect(gateway.requests.map(&:model)).to eq(%w[a/b c/d])
      expect(request).to have_attributes(http_method: "POST", path: "/api/v1/chat/completions",
                                         messages: [{ "role" => "user", "content" => "Grüße" }])
      expect(request.body["temperature"]).to eq(0.2)
      expect(request.raw_body).to end_with('"temperature":0.2}')
      expect(request.headers).to include("authorization" => "Bearer test-key", "content-type" => "application/json")
    end

    it "gives out nothing that can be changed, and hides the key" do
      post
      request = gateway.requests.first
      expect([gateway.requests, request, request.body, request.messages, request.headers]).to all(be_frozen)
      expect(request.inspect + gateway.inspect).not_to include("test-key")
    end

    it "waits for requests, or says what it saw" do
      expect { gateway.await_requests(1, within: 0.05) }.to raise_error(
        LlmRouter::Testing::AwaitTimeout,
        "llm_router testing: waited 0.05 s for 1 request; the gateway has seen no request"
      )
      waiter = Thread.new { gateway.await_requests(2) }
      post("a/b")
      expect { gateway.await_requests(2, within: 0.05) }.to raise_error(%r{for 2 requests; .* 1 requested \("a/b"\)})
      post("c/d")
      expect(waiter.value.map(&:model)).to eq(%w[a/b c/d])
    end

    it "knows when each request arrived" do
      gateway.answer("Hello", delay: 0.05)
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      2.times { post }
      arrived = gateway.requests.map(&:received_at)
      expect([began, *arrived]).to eq([began, *arrived].sort)
      expect(arrived.last - arrived.first).to be >= 0.05
    end

    it "forgets on reset!, and lets everyone go" do
      gateway.hang("slow/*")
      socket("slow/m") do |io|
        gateway.await_requests(1)
        post
        gateway.reset!
        expect(io.read).to eq("")
      end
      expect(gateway).to have_attributes(requests: [], connections: 0, billed_usd: 0)
      expect(post.code).to eq("422")
      expect { gateway.await_disconnect(within: 0.05) }.to raise_error(LlmRouter::Testing::AwaitTimeout)
    end
  end

  describe "#release" do
    it "closes on everyone who is kept waiting, and on no one else" do
      gateway.hang("a/*").stall("b/*", after: :body).drip("c/*").answer("late", "d/*", delay: 30)
      sockets = %w[a/m b/m c/m d/m].map { |model| socket(model) }
      gateway.await_requests(4)
      expect(seconds { gateway.release && sockets.each(&:read) }).to be < 10
      expect { gateway.await_disconnect(within: 0.05) }.to raise_error(LlmRouter::Testing::AwaitTimeout)
      socket("a/m") { |io| expect(io.wait_readable(0.1)).to be_nil }
    ensure
      sockets&.each(&:close)
    end
  end

  describe "its life" do
    it "stops at the end of a block, and returns what the block returned" do
      inside = nil
      expect(described_class.start { |it| (inside = it) && 42 }).to eq(42)
      expect { Net::HTTP.get(URI(inside.base_url)) }.to raise_error(Errno::ECONNREFUSED)
      expect { described_class.start { |it| (inside = it) && raise("oops") } }.to raise_error("oops")
      expect { Net::HTTP.get(URI(inside.base_url)) }.to raise_error(Errno::ECONNREFUSED)
    end

    it "leaves no thread, no port and no socket behind, whatever was going on" do
      # Later Rubies keep a thread for Timeout from its first use on.
      Timeout.timeout(60) { gateway.stop }
      threads = Thread.list
      sockets = open_sockets
      busy = described_class.start
      busy.answer("Hello", "ok/*").hang("a/*").drip("b/*").answer("late", "c/*", delay: 30)
      at = URI("#{busy.base_url}/chat/completions")
      idle = Net::HTTP.start(at.host, at.port)
      idle.post(at.path, payload("ok/m"), headers("test-key"))
      waiting = %w[a/m b/m c/m].map { |model| Thread.new { failure { post(model, to: at) } } }
      busy.await_requests(4)

      expect(seconds { busy.stop }).to be < 10
      expect(waiting.map(&:value)).to all(be_a(EOFError))
      idle.finish
      expect { TCPSocket.new(at.host, at.port) }.to raise_error(Errno::ECONNREFUSED)
      # Of those that were there some may have ended.
      expect([Thread.list - threads, open_sockets - sockets]).to all(be_empty)
      expect(busy.requests.size).to eq(4)
      expect(busy.stop).to equal(busy)
    end

    it "interrupts a block that does not end" do
      stub_const("LlmRouter::Testing::Gateway::Server::SHUTDOWN_TIMEOUT", 0.1)
      stuck = described_class.start
      stuck.respond { Waiting.hang }
      at = URI("#{stuck.base_url}/chat/completions")
      client = Thread.new { failure { post(to: at) } }
      stuck.await_requests(1)
      expect(seconds { stuck.stop }).to be < 10
      client.join
    end

    it "is left alone by a forked child that stops it" do
      gateway.answer("Hello")
      Process.wait(fork { exit!(gateway.stop ? 0 : 1) })
      expect(content(post)).to eq("Hello")
    end

    it "serves two at once, each on its port" do
      described_class.start(api_key: "other") do |other|
        other.answer("other")
        gateway.answer("one")
        expect(content(post)).to eq("one")
        expect(content(post(key: "other", to: URI("#{other.base_url}/chat/completions")))).to eq("other")
      end
    end

    def failure
      yield
    rescue StandardError => e
      e
    end

    def open_sockets
      GC.start
      ObjectSpace.each_object(BasicSocket).select { |socket| open?(socket) }.to_set
    end

    # A refused connection was never opened, so it cannot be checked.
    def open?(socket)
      !socket.closed?
    rescue IOError
      false
    end
  end

  describe "loading it" do
    def ruby(script, *options)
      Open3.capture2e({ "RUBYOPT" => nil, "BUNDLER_SETUP" => nil, "RACK_ENV" => nil }, RbConfig.ruby, *options,
                      "-I", File.expand_path("../../lib", __dir__), "-e", script)
    end

    it "loads neither Puma, nor Rails, nor the rest of the gem, and prints and changes nothing" do
      output, = ruby(<<~RUBY, "-w")
        require "llm_router/testing/gateway"
        abort "Puma is loaded" if defined?(Puma)
        LlmRouter::Testing::Gateway.start { |gateway| gateway.base_url }
        mine = $LOADED_FEATURES.grep(/llm_router|rails|active_support/).grep_v(%r{/llm_router/testing/})
        print mine.inspect, ENV["RACK_ENV"].inspect
      RUBY
      expect(output).to eq("[]nil")
    end

    it "says what to add when there is no Puma" do
      Dir.mktmpdir do |dir|
        File.write(File.join(dir, "puma.rb"), 'raise LoadError, "cannot load such file -- puma"')
        output, status = ruby('require "llm_router/testing/gateway"; LlmRouter::Testing::Gateway.start', "-I", dir)
        expect(status).not_to be_success
        expect(output).to include('cannot load such file -- puma): add gem "puma" to the test group of your Gemfile')
      end
    end
  end
end
