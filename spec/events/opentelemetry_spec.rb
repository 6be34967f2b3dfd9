# frozen_string_literal: true

require "llm_router/opentelemetry"

# The SDK is in no Debian, so these are stand-ins with the signatures of opentelemetry-api and its metrics. The SDK
# itself: opentelemetry_sdk_spec.rb.
RSpec.describe "OpenTelemetry's spans and metrics" do
  detach = -> { ActiveSupport::Notifications.unsubscribe(LlmRouter::OpenTelemetrySpans.subscription) }
  # Other specs have none of it.
  detach.call
  define_method(:detach) { detach }

  let(:finished) { [] }
  let(:records) { [] }
  let(:views) { [] }

  before do
    sdk = Module.new
    stub_const("OpenTelemetry", sdk)
    stub_const("OpenTelemetry::Trace::Status", Class.new { def self.error(text = "") = [:error, text] })
    buckets = Struct.new(:boundaries, keyword_init: true)
    stub_const("OpenTelemetry::SDK::Metrics::Aggregation::ExplicitBucketHistogram", buckets)
    tracers = tracer_provider
    meters = meter_provider
    sdk.define_singleton_method(:tracer_provider) { tracers }
    sdk.define_singleton_method(:meter_provider) { meters }
    LlmRouter::OpenTelemetrySpans.attach
  end

  after { detach.call }

  def tracer_provider
    spans = finished
    tracer = Object.new
    tracer.define_singleton_method(:start_span) do |name, attributes: nil, start_timestamp: nil, kind: nil, **|
      span = { name: name, attributes: attributes, started: start_timestamp, kind: kind, parent: Thread.current[:job] }
      Object.new.tap do |open|
        open.define_singleton_method(:status=) { |status| span[:status] = status }
        open.define_singleton_method(:finish) { |end_timestamp: nil| spans << span.merge(ended: end_timestamp) }
      end
    end
    Object.new.tap { |provider| provider.define_singleton_method(:tracer) { |_name = nil, _version = nil| tracer } }
  end

  def meter_provider
    kept = records
    seen = views
    meter = Object.new
    meter.define_singleton_method(:create_histogram) do |name, unit: nil, description: nil|
      description && Object.new.tap do |histogram|
        histogram.define_singleton_method(:record) { |value, attributes: {}| kept << [name, unit, value, attributes] }
      end
    end
    Object.new.tap do |provider|
      provider.define_singleton_method(:meter) { |_name, version: nil| version && meter }
      provider.define_singleton_method(:add_view) { |name, **options| seen << [name, options] }
    end
  end

  before do
    gateway.answer("Hello!", cost_usd: "0.0021")
    gateway.fail("anthropic/*", status: 503, message: "no capacity for Hi there, dear prompt")
    Thread.current[:job] = :the_job
  end

  after { Thread.current[:job] = nil }

  it "has a span of each attempt, by the conventions' names, as a child of the job's" do
    ask
    failed, answered = finished
    expect(failed).to include(name: "chat anthropic/claude-sonnet-4.5", kind: :client, parent: :the_job,
                              status: [:error, "unavailable"])
    expect(failed[:attributes]).to include("gen_ai.provider.name" => "anthropic", "error.type" => "unavailable",
                                           "http.response.status_code" => 503, "llm_router.outcome" => "failed")
    expect(answered).to include(name: "chat google/gemini-2.5-flash", kind: :client, parent: :the_job)
    expect(answered).not_to include(:status)
    expect(answered[:attributes]).to include(
      "gen_ai.operation.name" => "chat", "gen_ai.provider.name" => "gcp.gen_ai", "llm_router.chain" => "default",
      "gen_ai.request.model" => "google/gemini-2.5-flash", "gen_ai.response.model" => "google/gemini-2.5-flash",
      "gen_ai.response.finish_reasons" => ["stop"], "gen_ai.usage.input_tokens" => 12,
      "gen_ai.usage.output_tokens" => 8, "llm_router.cost_usd" => 0.0021, "llm_router.cost_basis" => "billed"
    )
    expect(finished).to all(satisfy { |span| span[:ended] > span[:started] })
    expect(finished.inspect).not_to match(/Hello|dear prompt/)
  end

  it "has those of call_all as children of the job's span, too" do
    configure
    router.call_all(Array.new(3) { { messages: Support::MESSAGES } })
    expect(finished.size).to eq(6)
    expect(finished).to all(include(parent: :the_job, kind: :client))
  end

  it "has neither tokens of an output nor reasons to finish for embeddings" do
    gateway.embed("openai/*")
    configure
    LlmRouter.new(chain: %w[openai/text-embedding-3-small], budget: budget).embed(input: "Hi")
    expect(finished.first[:name]).to eq("embeddings openai/text-embedding-3-small")
    expect(finished.first[:attributes].keys)
      .not_to include("gen_ai.usage.output_tokens", "gen_ai.response.finish_reasons")
    expect(records.map { |name, _, _, attributes| [name, attributes["gen_ai.token.type"]] })
      .to eq([["gen_ai.client.operation.duration", nil], ["gen_ai.client.token.usage", "input"]])
  end

  {
    mistral: "mistral_ai", xai: "x_ai", bedrock: "aws.bedrock", vertex: "gcp.vertex_ai", gemini: "gcp.gemini",
    azure: "azure.ai.openai", groq: "groq", own: "own"
  }.each do |endpoint, provider|
    it "calls the provider #{provider} where the endpoint is #{endpoint}" do
      configure { |config| config.endpoint endpoint, base_url: gateway.base_url, api_key: "test-key" }
      LlmRouter.new(chain: [{ model: "large", endpoint: endpoint }], budget: budget).call(messages: Support::MESSAGES)
      expect(finished.first[:attributes]).to include("gen_ai.provider.name" => provider)
    end
  end

  it "records durations and tokens, in the prescribed buckets" do
    ask
    durations, tokens = records.partition { |name, *| name == "gen_ai.client.operation.duration" }
    expect(durations.map { |_, unit, value, attributes| [unit, value.class, attributes["error.type"]] })
      .to eq([["s", Float, "unavailable"], ["s", Float, nil]])
    expect(tokens.map { |name, unit, count, attributes| [name, unit, count, attributes["gen_ai.token.type"]] })
      .to eq([[12, "input"], [8, "output"]].map { |count, type| ["gen_ai.client.token.usage", "{token}", count, type] })
    expect(views.map { |name, options| [name, options[:aggregation].boundaries.values_at(0, -1)] })
      .to eq([["gen_ai.client.operation.duration", [0.01, 81.92]], ["gen_ai.client.token.usage", [1, 67_108_864]]])
  end

  it "makes each histogram once, though two attempts end at the same moment" do
    spans = LlmRouter::OpenTelemetrySpans.new
    attempt = { duration: 0.1, "gen_ai.operation.name": "chat", "gen_ai.request.model": "a/b" }
    first = Thread.current
    other = nil
    allow(OpenTelemetry.meter_provider).to receive(:meter).and_wrap_original do |meter, *arguments, **options|
      if Thread.current == first
        other = Thread.new { spans.attempted(attempt) }
        Thread.pass until other.stop?
      end
      meter.call(*arguments, **options)
    end
    spans.attempted(attempt)
    other.join
    expect([views.size, records.size]).to eq([2, 2])
  end
end
