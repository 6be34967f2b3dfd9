# frozen_string_literal: true

require_relative "doctor_helper"

RSpec.describe LlmRouter::Doctor, "and odd answers of OpenRouter" do
  # @param pages [Hash{Array<String> => Object}] what /data is by path, or a status
  def answering(pages, rungs: ["a/b"])
    configure { |config| config.chain :default, rungs }
    native = LlmRouter.config.endpoint_called(:openrouter).native
    allow(native).to receive(:page) do |path, _|
      data = pages[path.join("/")]
      data.is_a?(Integer) || data.nil? ? [data || 404, nil, +""] : [200, nil, JSON.generate(data: data)]
    end
  end

  def listed(rungs: ["a/b"], providers: nil, **model)
    endpoints = providers ? { endpoints: providers } : 404
    answering({ "models" => [{ id: "a/b", **model }], "models/a/b/endpoints" => endpoints }, rungs: rungs)
  end

  {
    [0, "%Y-%m-%d"] => [:yellow, /expires on .*, within a day\. Replace it/],
    [-1, "%Y-%m-%d"] => [:red, /expired on/],
    [1, "%Y-%m-%d"] => [:yellow, /in 1 day\./],
    [20, "%Y%m%d"] => [:yellow, /in 20 days/],
    [20, "%Y/%m/%d"] => [:yellow, /in 20 days/],
    [20, "%a, %d %b %Y %T GMT"] => [:yellow, /in (19|20) days/],
    [20.04r, "%Y-%m-%d %H:%M"] => [:yellow, /in 20 days/],
    [-0.001r, "%Y-%m-%dT%H:%M:%S"] => [:red, /expired on/]
  }.each do |(days, format), expected|
    it "reads the date of expiry #{days} days from now, as #{format}, as #{expected}" do
      # Now, for a day may have ended since this file was loaded.
      listed(expiration_date: (Time.now.utc + (days * 86_400)).strftime(format))
      expect(found(:Expiration)).to match([expected])
    end
  end

  {
    "9999-12-31" => [:green, /expires on 9999-12-31/],
    "2026-13-45" => [:yellow, %r{not known: a/b: its date of expiry cannot be read}],
    "soon" => [:yellow, /cannot be read/], 1_790_000_000 => [:yellow, /cannot be read/], ["x"] => [:yellow, /read/]
  }.each do |date, expected|
    it "reads the date of expiry #{date.inspect[0, 4]}… as #{expected}" do
      listed(expiration_date: date)
      expect(found(:Expiration)).to match([expected])
    end
  end

  ["NaN", "Infinity", "1e1000000", "9" * 300, "0x10", "1,5", [], {}, -1, "\u0000"].each do |price|
    it "has no price in #{price.inspect[0, 20]}, and shows the others" do
      dear = { prompt: price, completion: "1" }
      cheap = { prompt: "0.000001" }
      listed(providers: [{ provider_name: "P", pricing: dear }, { provider_name: "Q", pricing: cheap }])
      expect(found(:ProviderPrices)).to eq([[:green, "a/b, per million tokens in/out: Q 1/0 USD"]])
    end
  end

  {
    { limit: "10", limit_remaining: "4.5" } => "it is good: 4.5 of 10.0 USD are left on it",
    { limit: 10 } => "it is good; how much of its limit is left is not known",
    { limit: 1e308, limit_remaining: 1e-300 } => "it is good; how much of its limit is left is not known",
    { limit_remaining: 3 } => "it is good, and has no limit of its own"
  }.each do |key, text|
    it "says of the key #{key}: #{text}" do
      answering({ "key" => key })
      expect(found(:Key)).to eq([[:green, text]])
    end
  end

  it "does not know which params are taken where the providers are listed and the models are not" do
    providers = { "endpoints" => [{ provider_name: "P", supported_parameters: ["temperature"] }] }
    answering({ "models" => 500, "models/a/b/endpoints" => providers },
              rungs: [{ model: "a/b", params: { temperature: 1 } }])
    expect(found(:SupportedParameters)).to match([[:yellow, %r{not known: a/b: status 500}]])
  end

  it "does not know the upstreams of providers without a name" do
    listed(providers: [{ provider_name: nil }, { provider_name: 7, tag: [] }], rungs: %w[a/b c/d])
    expect(found(:Vendors)).to eq([[:yellow, "not known: chain :default: the providers are not listed"]])
  end

  it "takes two endpoints at one address, and a provider and the endpoint of its name, for one upstream" do
    at = ->(config, name, host) { config.endpoint name, base_url: "https://#{host}/v1", api_key: "k" }
    configure do |config|
      at.call(config, :fast, "API.example")
      at.call(config, :slow, "api.example:443")
      config.chain :default, [{ model: "m", endpoint: :fast }, { model: "n", endpoint: :slow }]
    end
    expect(found(:Vendors)).to match([[:yellow, /all candidates are served by fast alone/]])
    configure do |config|
      at.call(config, :groq, "api.example")
      config.chain :default, ["a/b", { model: "n", endpoint: :groq }]
    end
    gateway.price("a/b", prompt: "1", completion: "1", provider: "Groq")
    expect(found(:Vendors)).to match([[:yellow, /all candidates are served by (Groq|groq) alone/i]])
  end

  it "looks up all models of a chain at the same time" do
    models = Array.new(20) { |index| "v#{index}/m" }
    configure { |config| config.chain :default, models }
    waiting = Queue.new
    all = Queue.new
    allow(LlmRouter.config.endpoint_called(:openrouter).native).to receive(:page) do |path, _|
      next [200, nil, +'{"data":[]}'] if path.one?

      waiting << path
      all.close if waiting.size == models.size
      Timeout.timeout(30) { all.pop }
      [200, nil, +'{"data":{"endpoints":[{"provider_name":"P"}]}}']
    end
    expect(found(:Rungs)).to eq(models.map { |model| [:green, "#{model} exists, at 1 provider"] })
  end

  it "gives all look-ups together less time than a check has" do
    configure
    limits = []
    endpoint = LlmRouter.config.endpoint_called(:openrouter)
    allow(endpoint.native).to receive(:page) { |_, limit| limits.push(limit) && [404, nil, +""] }
    lookups = described_class::Lookups.new
    lookups[endpoint, "models"]
    allow(lookups).to receive(:now).and_return(Process.clock_gettime(Process::CLOCK_MONOTONIC) + 60)
    lookups[endpoint, "key"]
    expect(limits).to match([be_between(1, 4), be_between(0, 0.01)])
  end
end
