# frozen_string_literal: true

require "llm_router/notifications"

# With `require "llm_router/opentelemetry"`: see {LlmRouter::OpenTelemetrySpans}.
class LlmRouter
  # With `require "llm_router/opentelemetry"` before {LlmRouter.configure}: a span of each attempt, its duration and its
  # tokens, by OpenTelemetry's conventions for generative AI. Uses what +opentelemetry-api+ promises, and
  # +opentelemetry-metrics-api+ where that is loaded. No prompt, answer or endpoint's word is in it. See
  # docs/monitoring.md.
  # @api private
  class OpenTelemetrySpans
    # The conventions prescribe name, unit and boundaries.
    HISTOGRAMS = {
      "gen_ai.client.operation.duration" =>
        ["s", "GenAI operation duration.",
         [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]],
      "gen_ai.client.token.usage" =>
        ["{token}", "Number of input and output tokens used.",
         [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]]
    }.freeze
    # Of an event's payload, what becomes an attribute, and its name there.
    SPAN = %i[gen_ai.operation.name gen_ai.request.model gen_ai.response.model gen_ai.response.id
              gen_ai.response.finish_reasons gen_ai.usage.input_tokens gen_ai.usage.output_tokens error.type
              http.response.status_code].to_h { |name| [name, name.name] }
           .merge(chain: "llm_router.chain", feature: "llm_router.feature", endpoint: "llm_router.endpoint",
                  outcome: "llm_router.outcome", cost_basis: "llm_router.cost_basis").freeze
    METRIC = %w[gen_ai.operation.name gen_ai.provider.name gen_ai.request.model gen_ai.response.model error.type].freeze
    # The conventions' names of vendors, or of endpoints whose models are named without one.
    PROVIDERS = { "google" => "gcp.gen_ai", "gemini" => "gcp.gemini", "google_ai" => "gcp.gemini",
                  "vertex" => "gcp.vertex_ai", "vertex_ai" => "gcp.vertex_ai", "mistralai" => "mistral_ai",
                  "mistral" => "mistral_ai", "x-ai" => "x_ai", "xai" => "x_ai", "grok" => "x_ai",
                  "amazon" => "aws.bedrock", "bedrock" => "aws.bedrock", "azure" => "azure.ai.openai",
                  "azure_openai" => "azure.ai.openai" }.freeze
    OUTPUT = %w[gen_ai.usage.output_tokens gen_ai.response.finish_reasons].freeze
    private_constant :SPAN, :METRIC, :PROVIDERS, :OUTPUT

    class << self
      # @return [Object] what {attach} has subscribed
      attr_reader :subscription
    end

    # @return [Object] the subscription
    def self.attach
      spans = new
      @subscription = ActiveSupport::Notifications.subscribe("attempt.llm_router") do |*, payload|
        spans.attempted(payload)
      end
    end

    def initialize
      @lock = Mutex.new
    end

    # An attempt has ended. Its span is a child of the one that is current here: the job's, also with +call_all+.
    # @param payload [Hash] of attempt.llm_router
    # @param ended [Time]
    # @return [void]
    def attempted(payload, ended = Time.now)
      attributes = attributes(payload)
      span(attributes, payload, ended)
      metrics(attributes, payload)
    end

    private

    def attributes(payload)
      known = SPAN.to_h { |key, name| [name, plain(payload[key])] }
      known["gen_ai.provider.name"] = PROVIDERS.fetch(payload[:vendor], payload[:vendor])
      # An attribute is a Float at best: the exact cost is in the charges.
      known["llm_router.cost_usd"] = payload[:cost_usd]&.to_f
      known["error.type"] ||= "interrupted" if payload[:outcome] == :interrupted
      # Vectors have neither tokens of an output nor a reason to finish.
      known = known.except(*OUTPUT) if known["gen_ai.operation.name"] == "embeddings"
      known.compact
    end

    def plain(value)
      value.is_a?(Symbol) ? value.name : value
    end

    def span(attributes, payload, ended)
      name = attributes.values_at("gen_ai.operation.name", "gen_ai.request.model").join(" ")
      tracer = ::OpenTelemetry.tracer_provider.tracer("llm_router", VERSION)
      span = tracer.start_span(name, attributes: attributes, kind: :client, start_timestamp: ended - payload[:duration])
      error = attributes["error.type"]
      span.status = ::OpenTelemetry::Trace::Status.error(error) if error
      span.finish(end_timestamp: ended)
    end

    def metrics(attributes, payload)
      return unless ::OpenTelemetry.respond_to?(:meter_provider)

      duration, tokens = histograms
      shared = attributes.slice(*METRIC)
      duration.record(payload[:duration], attributes: shared)
      %w[input output].each do |type|
        count = attributes["gen_ai.usage.#{type}_tokens"]
        tokens.record(count, attributes: { **shared, "gen_ai.token.type" => type }) if count
      end
    end

    # Made when they are first used, since the app may set its provider up after this is loaded. What is made twice, the
    # SDK exports twice.
    def histograms
      @histograms || @lock.synchronize { @histograms ||= made }
    end

    def made
      provider = ::OpenTelemetry.meter_provider
      meter = provider.meter("llm_router", version: VERSION)
      HISTOGRAMS.map do |name, (unit, description, boundaries)|
        view(provider, name, boundaries)
        meter.create_histogram(name, unit: unit, description: description)
      end
    end

    # Boundaries are the SDK's matter, not the API's.
    def view(provider, name, boundaries)
      kind = "OpenTelemetry::SDK::Metrics::Aggregation::ExplicitBucketHistogram"
      return unless provider.respond_to?(:add_view) && Object.const_defined?(kind)

      provider.add_view(name, type: :histogram, meter_name: "llm_router",
                              aggregation: Object.const_get(kind).new(boundaries: boundaries))
    end
  end

  OpenTelemetrySpans.attach
end
