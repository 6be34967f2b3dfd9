# frozen_string_literal: true

require "json"
require "llm_router/faraday"

RSpec.describe LlmRouter::FaradayAdapter do
  let(:body) { { model: "gpt-4o", messages: Support::MESSAGES, max_tokens: 9 } }

  before { configure }

  def connection(raising: false, **options)
    Faraday.new(url: "https://api.openai.com/v1") do |faraday|
      faraday.response :raise_error if raising
      faraday.adapter :llm_router, chain: :default, budget: budget, **options
    end
  end

  def post(body, path: "chat/completions", **options)
    connection(**options).post(path, body.is_a?(String) ? body : JSON.generate(body))
  end

  def error_of(response)
    JSON.parse(response.body).fetch("error")
  end

  it "answers by the chain, and charges what the answer cost" do
    gateway.answer("Hello", cost_usd: "0.0021")
    gateway.fail(Support::PRIMARY, status: 503)
    response = post(body)
    answer = JSON.parse(response.body)
    expect(response.status).to eq(200)
    expect(response.headers["Content-Type"]).to eq("application/json")
    expect(answer.dig("choices", 0, "message", "content")).to eq("Hello")
    expect(answer).to include("object" => "chat.completion", "model" => Support::SECONDARY, "id" => /\S/,
                              "created" => Integer, "usage" => hash_including("total_tokens" => 20))
    expect(budget.charges).to eq([BigDecimal("0.0021")])
    expect(response.env[:llm_router_response]).to be_fallback
  end

  it "sends what the client gave, less the model, which the chain names" do
    gateway.answer("Hello")
    post(body.merge(temperature: 0.2, tools: [{ type: "function", function: { name: "f" } }], stream: false,
                    stream_options: {}, models: ["x"]))
    sent = gateway.requests.last.body
    expect(sent).to include("model" => Support::PRIMARY, "temperature" => 0.2, "max_tokens" => 9)
    expect(sent["tools"]).to eq([{ "type" => "function", "function" => { "name" => "f" } }])
    expect(sent.keys & %w[models stream_options]).to be_empty
  end

  it "answers a client of Azure's, and a path with a slash" do
    gateway.answer("Hello")
    %w[/openai/deployments/a/chat/completions?api-version=1 chat/completions/].each do |path|
      expect(post(body, path: path).status).to eq(200)
    end
  end

  it "takes a budget that is chosen for each request" do
    gateway.answer("Hello", cost_usd: "0.001")
    budgets = [Support::ChargingBudget.new, Support::ChargingBudget.new]
    chosen = budgets.each
    same = connection(budget: -> { chosen.next })
    2.times { same.post("chat/completions", JSON.generate(body)) }
    expect(budgets.map { |each| each.charges.size }).to eq([1, 1])
  end

  {
    "no JSON" => ["{", 400, /JSON/], "no object" => ["[1]", 400, /JSON/], "no body" => ["", 400, /JSON/],
    "bytes that are no text" => ["\xff\xfe", 400, /JSON/], "no messages" => ["{}", 400, /'messages'/],
    "an empty list" => ['{"messages": []}', 400, /messages/],
    "a text for a list" => ['{"messages": "Hi"}', 400, /Array/],
    "bytes that are no text within JSON" => ["{\"messages\": [{\"role\": \"user\", \"content\": \"\xe9\"}]}", 400,
                                             /JSON/],
    "a keyword of the router's" => ['{"messages": [{"role": "user"}], "accept": {}}', 400, /argument: accept/],
    "a label" => ['{"messages": [{"role": "user"}], "feature": "x"}', 400, /argument: feature/],
    "a message without a role" => ['{"messages": [{"content": "Hi"}]}', 400, /role/],
    "a limit that is a text" => ['{"messages": [{"role": "user"}], "max_tokens": "9"}', 400, /max_tokens/],
    "a request that streams" => ['{"messages": [{"role": "user"}], "stream": true}', 400,
                                 /does not stream.*stream: :net_http/]
  }.each do |what, (text, status, message)|
    it "refuses #{what} as the API would, before budget and network" do
      response = post(text)
      expect(response.status).to eq(status)
      expect(error_of(response)).to match("message" => message, "type" => "invalid_request_error", "param" => anything,
                                          "code" => anything)
      expect([budget.checks, gateway.requests]).to eq([0, []])
    end
  end

  it "refuses another path and another verb" do
    expect(post(body, path: "embeddings").status).to eq(404)
    expect(post(body, path: "chat/completions/7").status).to eq(404)
    expect(connection.get("chat/completions").status).to eq(405)
    expect(connection.get("models").status).to eq(404)
    expect([budget.checks, gateway.requests]).to eq([0, []])
  end

  it "takes JSON as bytes, and a timeout of 0 as none" do
    gateway.answer("Hello")
    response = connection.post("chat/completions",
                               JSON.generate({ messages: [{ role: "user", content: "café" }] }).b) do |request|
      request.options.timeout = 0
    end
    expect(response.status).to eq(200)
    expect(gateway.requests.last.messages.first["content"]).to eq("café")
  end

  it "passes a request that streams to another adapter, if it has one" do
    gateway.answer("Hello")
    streaming = Faraday.new(url: gateway.base_url, headers: { "Authorization" => "Bearer test-key" }) do |faraday|
      faraday.adapter :llm_router, budget: budget, stream: :net_http
    end
    expect(streaming.post("chat/completions", JSON.generate(body.merge(stream: true))).status).to eq(200)
    expect(gateway.requests.last.body).to include("model" => "gpt-4o", "stream" => true)
    streaming.post("chat/completions", JSON.generate(body)) { |request| request.options.on_data = proc {} }
    expect(models_called).to eq(%w[gpt-4o gpt-4o])
    expect(budget.checks).to eq(0)
  end

  describe "makes of an error the status that clients expect:" do
    {
      429 => "rate_limit_error", 401 => "authentication_error", 402 => "insufficient_quota", 404 => "not_found_error",
      403 => "permission_error", 503 => "server_error"
    }.each do |status, type|
      it "#{status} where each model fails so" do
        gateway.fail(status: status, message: "scripted")
        response = post(body)
        expect(response.status).to eq(status)
        expect(error_of(response)).to include("type" => type, "message" => /no model of chain :default answered/)
      end
    end

    it "429 with the time to wait" do
      gateway.fail(status: 429, retry_after: 7)
      expect(post(body).headers["Retry-After"]).to eq("7")
    end

    it "503 where they fail in several ways" do
      gateway.fail(status: 429)
      gateway.fail(Support::PRIMARY, status: 404)
      expect(post(body).status).to eq(503)
    end

    it "400 where the request is at fault, in the endpoint's words" do
      gateway.fail(status: 400, message: "maximum context length is 9", code: "context_length_exceeded")
      response = post(body)
      expect(response.status).to eq(400)
      expect(error_of(response)).to include("message" => /maximum context length/, "code" => "context_length_exceeded")
      expect(models_called).to eq([Support::PRIMARY])
    end

    it "400 where the prompt is too long for each model" do
      response = post({ messages: [{ role: "user", content: (1..9_000).to_a.join(" ") }] },
                      chain: [{ model: "a/b", context: 10 }])
      expect(response.status).to eq(400)
      expect(error_of(response)).to include("code" => "context_length_exceeded", "type" => "invalid_request_error")
      expect(gateway.requests).to be_empty
    end

    it "400 where each answer was blank" do
      gateway.empty(finish_reason: "length", cost_usd: "0.001")
      expect(error_of(post(body))).to include("code" => "blank_answer")
    end

    it "402 where the budget has nothing left" do
      response = post(body, budget: Support::ChargingBudget.new(cap: "0"))
      expect(response.status).to eq(402)
      expect(error_of(response)).to include("code" => "budget_exceeded", "type" => "insufficient_quota")
      expect(gateway.requests).to be_empty
    end

    it "a timeout of Faraday's where the time to read passes" do
      gateway.hang
      request = ->(options) { options.read_timeout = 0.2 }
      expect { connection.post("chat/completions", JSON.generate(body)) { |post| request.call(post.options) } }
        .to raise_error(Faraday::TimeoutError)
    end

    it "a timeout of Faraday's where each model is too slow, or the client's own timeout passes" do
      gateway.hang
      expect { post(body, timeout: 0.1) }.to raise_error(Faraday::TimeoutError, /timeout/)
      short = connection
      short.options.timeout = 0.3
      expect { short.post("chat/completions", JSON.generate(body)) }.to raise_error(Faraday::TimeoutError)
    end

    it "a failed connection of Faraday's" do
      gateway.reset
      expect { post(body) }.to raise_error(Faraday::ConnectionFailed)
    end

    it "Faraday's own errors, with its middleware" do
      gateway.fail(status: 429)
      expect { post(body, raising: true) }.to raise_error(Faraday::ClientError) { |error|
        expect(error.response[:status]).to eq(429)
      }
    end

    it "and none for what a client cannot handle" do
      expect { post(body, chain: :unknown) }.to raise_error(LlmRouter::ConfigurationError, /unknown/)
      gateway.answer("Hello", cost_usd: "0.001")
      broken = Support::ChargingBudget.new.tap { |each| each.define_singleton_method(:charge!) { |_| raise "down" } }
      expect { post(body, budget: broken) }.to raise_error(LlmRouter::ChargeFailed) { |error|
        expect(error.response.content).to eq("Hello")
      }
    end
  end

  it "says what is missing or misspelt when the connection is made" do
    expect { post(body, budget: nil) }.to raise_error(ArgumentError, /needs a budget/)
    expect { post(body, chian: :default) }.to raise_error(ArgumentError, /unknown chian: give chain, budget/)
  end

  it "labels the calls" do
    gateway.answer("Hello", cost_usd: "0.001")
    labels = nil
    allow(LlmRouter::Call).to receive(:new).and_wrap_original do |made, **options|
      labels = options.fetch(:labels)
      made.call(**options)
    end
    post(body, feature: :summaries, tags: { tenant: 7 })
    expect(labels).to have_attributes(feature: "summaries", tags: { "tenant" => 7 })
  end

  it "is known to Faraday without a require, once the router is configured" do
    code = "require 'faraday'; require 'llm_router'; LlmRouter.configure { |c| c.chain :default, %w[a/b c/d] }; " \
           "print Faraday::Adapter.lookup_middleware(:llm_router)"
    expect(output_of(code)).to eq("LlmRouter::FaradayAdapter")
  end

  it "costs nothing where Faraday is not loaded" do
    expect(output_of("require 'llm_router'; print $LOADED_FEATURES.grep(/faraday/)")).to eq("[]")
  end
end
