# frozen_string_literal: true

require "yaml"

# Neither key nor prompt nor answer reaches a log, an error, an inspect or a dump.
RSpec.describe LlmRouter, "and secrets" do
  key = "sk-or-v1-0123456789abcdef"
  prompt = "My social security number is 078-05-1120, please help"

  around do |example|
    LlmRouter::Testing::Gateway.start(api_key: key) do |gateway|
      @gateway = gateway
      example.run
    end
  end

  def seen_of(error)
    [error.message, error.full_message, error.inspect, *error.hops.map(&:inspect), error.backtrace.join, log].join("\n")
  end

  it "keeps the key out of everything that prints or dumps" do
    configure(api_key: key) { |config| config.endpoint :other, base_url: "https://a.example", api_key: key }
    config = described_class.config
    printed = [config.inspect, config.api_key.inspect, config.api_key.to_s, config.api_key.to_json, config.to_s,
               YAML.dump(config.api_key), router.inspect, config.resolve(:default).inspect,
               config.instance_variables.map { |name| config.instance_variable_get(name).inspect }].join("\n")
    expect(printed).not_to include(key)
    expect(config.api_key.inspect).to eq("[FILTERED]")
    [config, config.api_key, router].each { |object| expect { Marshal.dump(object) }.to raise_error(TypeError) }
  end

  it "keeps the key out of errors, even where the endpoint repeats it" do
    gateway.fail(status: 401, message: "Incorrect API key provided: #{key}")
    configure(api_key: key)
    error = failure_of { ask }
    expect(seen_of(error)).not_to include(key)
    expect(error.hops.first.message).to eq("Incorrect API key provided: [FILTERED]")
  end

  it "keeps a key that cannot be a header out of the error" do
    expect { configure(api_key: "#{key}\n") }.to raise_error(described_class::ConfigurationError) { |error|
      expect(error.full_message).not_to include(key)
    }
  end

  it "keeps the prompt out of logs and messages, even where the endpoint quotes it" do
    gateway.fail(status: 400, message: "Invalid content: '#{prompt}' in messages")
    configure(api_key: key)
    error = failure_of { router.call(messages: [{ role: "user", content: prompt }]) }
    expect(seen_of(error)).not_to match(/078-05-1120|social security/)
    expect(error.hops.first.message).to eq("Invalid content: '[FILTERED]' in messages")
  end

  it "keeps flagged input out of everything, the body of the error included" do
    gateway.fail(status: 403, message: "flagged: #{prompt}",
                 metadata: { reasons: ["pii"], flagged_input: prompt, provider_name: "P", model_slug: "m" })
    configure(api_key: key)
    error = failure_of { ask }
    expect(error).to be_a(described_class::RequestRejected)
    expect(seen_of(error)).not_to include(prompt)
    metadata = JSON.parse(error.body).dig("error", "metadata")
    expect(metadata).to include("reasons" => ["pii"], "flagged_input" => "[FILTERED]")
  end

  it "keeps an answer that is half JSON out of the message about it" do
    gateway.raw(body: %({"choices": "#{prompt}"}))
    configure(api_key: key)
    expect(seen_of(failure_of { ask })).not_to include("social security")
  end

  it "keeps a line break of the endpoint's from forging a line in the log" do
    gateway.fail(status: 503, message: "down\nERROR -- : forged")
    configure(api_key: key)
    failure_of { ask }
    expect(log.lines.size).to eq(4)
    expect(log).not_to match(/^ERROR/)
  end
end
