# frozen_string_literal: true

begin
  require "opentelemetry-sdk"
  require "opentelemetry-metrics-sdk"
  require "llm_router/opentelemetry"
  # Other specs have none of it.
  ActiveSupport::Notifications.unsubscribe(LlmRouter::OpenTelemetrySpans.subscription)
rescue LoadError
  nil
end

# By the SDK itself, wherever its gems are.
RSpec.describe "OpenTelemetry's SDK" do
  before do
    skip "the gem opentelemetry-metrics-sdk is not installed" unless defined?(OpenTelemetry::SDK::Metrics)

    configure_sdk
    LlmRouter::OpenTelemetrySpans.attach
    gateway.answer("Hello!", cost_usd: "0.0021")
    gateway.fail("anthropic/*", status: 503, message: "no capacity for Hi there, dear prompt")
    gateway.embed("openai/*", cost_usd: "0.0001")
  end

  after do
    ActiveSupport::Notifications.unsubscribe(LlmRouter::OpenTelemetrySpans.subscription) if defined?(OpenTelemetry)
  end

  def configure_sdk
    @spans = OpenTelemetry::SDK::Trace::Export::InMemorySpanExporter.new
    @metrics = OpenTelemetry::SDK::Metrics::Export::InMemoryMetricPullExporter.new
    processor = OpenTelemetry::SDK::Trace::Export::SimpleSpanProcessor.new(@spans)
    OpenTelemetry.tracer_provider = OpenTelemetry::SDK::Trace::TracerProvider.new
    OpenTelemetry.tracer_provider.add_span_processor(processor)
    OpenTelemetry.meter_provider = OpenTelemetry::SDK::Metrics::MeterProvider.new
    OpenTelemetry.meter_provider.add_metric_reader(@metrics)
  end

  # @return [Array<SpanData>] of the attempts in a job's span
  def attempts_in_job(&)
    OpenTelemetry.tracer_provider.tracer("app").in_span("job", &)
    attempts, (job,) = @spans.finished_spans.partition { |span| span.kind == :client }
    expect(attempts).to all(have_attributes(parent_span_id: job.span_id, start_timestamp: be > job.start_timestamp))
    attempts
  end

  # Runs the block until its request has arrived.
  def interrupted
    caller = Thread.current
    arrived = gateway.requests.size + 1
    interrupter = Thread.new { gateway.await_requests(arrived) && caller.raise(Timeout::Error) }
    yield
  rescue Timeout::Error
    interrupter.join
  end

  def points(name)
    @metrics.pull
    @metrics.metric_snapshots.find { |metric| metric.name == name }.data_points
  end

  it "has the attempts of a call below the job's span" do
    failed, answered = attempts_in_job { ask }
    expect(failed.name).to eq("chat anthropic/claude-sonnet-4.5")
    expect(failed.attributes).to include("error.type" => "unavailable", "http.response.status_code" => 503)
    expect([failed, answered].map { |span| span.status.code })
      .to eq([OpenTelemetry::Trace::Status::ERROR, OpenTelemetry::Trace::Status::UNSET])
    expect(answered.attributes).to include("gen_ai.provider.name" => "gcp.gen_ai", "llm_router.cost_usd" => 0.0021,
                                           "gen_ai.response.finish_reasons" => ["stop"])
    expect([failed, answered].inspect).not_to match(/Hello|dear prompt/)
    expect(answered.instrumentation_scope.to_a.first(2)).to eq(["llm_router", LlmRouter::VERSION])
  end

  it "has those of call_all, of embeddings, and of what is interrupted" do
    configure { |config| config.chain :vectors, ["openai/text-embedding-3-small"] }
    gateway.hang("slow/*")
    attempts = attempts_in_job do
      router.call_all(Array.new(3) { { messages: Support::MESSAGES } })
      LlmRouter.new(chain: :vectors, budget: budget).embed(input: "Hi there, dear prompt")
      interrupted { LlmRouter.new(chain: %w[slow/a], budget: budget).call(messages: Support::MESSAGES) }
    end
    expect(attempts.map(&:name).tally)
      .to eq("chat anthropic/claude-sonnet-4.5" => 3, "chat google/gemini-2.5-flash" => 3,
             "embeddings openai/text-embedding-3-small" => 1, "chat slow/a" => 1)
    expect(attempts.last.attributes).to include("error.type" => "interrupted")
  end

  it "has durations and tokens in the prescribed buckets" do
    attempts_in_job { ask }
    durations = points("gen_ai.client.operation.duration")
    expect(durations.map { |point| point.attributes["error.type"] }).to contain_exactly("unavailable", nil)
    expect(durations.first.explicit_bounds.values_at(0, -1)).to eq([0.01, 81.92])
    tokens = points("gen_ai.client.token.usage")
    expect(tokens.map { |point| [point.attributes["gen_ai.token.type"], point.sum] })
      .to contain_exactly(["input", 12], ["output", 8])
    expect(tokens.first.explicit_bounds.values_at(0, -1)).to eq([1, 67_108_864])
  end
end
