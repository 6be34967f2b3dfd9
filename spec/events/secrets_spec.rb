# frozen_string_literal: true

require "yaml"

# Neither key nor prompt nor answer reaches a log, an error, an inspect or a dump.
RSpec.describe LlmRouter, "and secrets" do
  key = "sk-or-v1-0123456789abcdef"
  prompt = "My social security number is 078-05-1120, please help"

  around { |example| with_gateway(api_key: key) { example.run } }

  def seen_of(error)
    seen = [error.message, error.full_message, error.inspect, *error.hops.map(&:inspect), error.backtrace.join, log]
    # Ruby's own full message is in no encoding.
    seen.map { |text| text.dup.force_encoding(Encoding::UTF_8) }.join("\n")
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

  quoted = 'Привет, "Straße 7" & 078-05-1120'
  {
    "as bytes of Python" =>
      "b'\\xd0\\x9f\\xd1\\x80\\xd0\\xb8\\xd0\\xb2\\xd0\\xb5\\xd1\\x82, \"Stra\\xc3\\x9fe 7\" & 078-05-1120'",
    "escaped beside an escape that is none" =>
      '\u12 \ud83d \u041f\u0440\u0438\u0432\u0435\u0442, \"Stra\u00dfe 7\" & 078-05-1120',
    "escaped for HTML" => "Привет, &quot;Straße 7&quot; &amp; 078-05-1120",
    "in capitals" => 'ПРИВЕТ, "STRASSE 7" & 078-05-1120',
    "as JSON within JSON" => quoted.to_json.to_json,
    "cut down to what tells most" => "078-05-1120"
  }.each do |how, quotation|
    it "keeps the prompt out of logs and messages where an endpoint quotes it #{how}" do
      gateway.fail(status: 400, message: "Invalid content: #{quotation} in messages")
      configure(api_key: key)
      error = failure_of { router.call(messages: [{ role: "user", content: "#{quoted}, please help" }]) }
      expect(seen_of(error)).not_to match(/078-05|stra|привет|xd0|041f/i)
      expect(error.hops.first.message).to match(/\AInvalid content: .*\[FILTERED\].* in messages\z/)
    end
  end

  it "keeps what endpoints say out of logs and of the error's own message with log_messages = false" do
    gateway.fail(Support::PRIMARY, status: 503, message: "Nothing of this is quoted")
    gateway.fail(Support::SECONDARY, status: 400, message: "Nor is this")
    configure(api_key: key, log_messages: false)
    error = failure_of { ask }
    expect("#{error.message}\n#{log}").not_to match(/Nothing of|Nor is/)
    expect(log).to match(/#{Support::PRIMARY} at openrouter failed: unavailable \(503\) after [\d.]+ s; next: /)
    expect(log).to match(/#{Support::SECONDARY} at openrouter failed: rejected \(400\) after [\d.]+ s; no further /)
    expect(error.message).to include("#{Support::SECONDARY} rejected the request: rejected (400). The answer")
    expect(error.hops.map(&:message)).to match([/Nothing of/, /Nor is/])
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
