# frozen_string_literal: true

# The table of what comes over the wire, row by row: the reason, and how far the walk goes after it.
RSpec.describe LlmRouter, "and the wire" do
  stop = [Support::PRIMARY]
  next_model = [Support::PRIMARY, Support::SECONDARY]
  # A chain of two models at the failing endpoint and one elsewhere: "elsewhere" passes the second by.
  elsewhere = [Support::PRIMARY, :elsewhere]

  rows = [
    [400, {}, :rejected, stop],
    [400, { error_type: "context_length_exceeded" }, :too_long, stop],
    [400, { error_type: "model_not_found" }, :model_not_found, next_model],
    [404, {}, :model_not_found, next_model],
    [401, {}, :unauthorized, elsewhere],
    [402, { limit_source: "openrouter_in_flight_budget" }, :rate_limited, next_model],
    [402, { limit_source: "openrouter_credits", reason: "weight_exceeds_budget" }, :insufficient_credits, elsewhere],
    [402, { limit_source: "openrouter_credits" }, :insufficient_credits, elsewhere],
    [402, { limit_source: "openrouter_key_limit" }, :insufficient_credits, elsewhere],
    [403, { reasons: ["violence"], flagged_input: "…", provider_name: "P", model_slug: "m" }, :moderated, stop],
    [403, { patterns: ["ssn"] }, :moderated, stop],
    [403, { limit_source: "key", limit_usd: 5, spend_usd: 5.1, resets_at: nil }, :insufficient_credits, elsewhere],
    *[408].map { |status| [status, {}, :timeout, next_model] },
    *[429].map { |status| [status, {}, :rate_limited, next_model] },
    *[500, 502, 503, 504, 524, 529].map { |status| [status, {}, :unavailable, next_model] },
    *[412, 413, 422].map { |status| [status, {}, :rejected, stop] },
    *[403, 418].map { |status| [status, {}, :rejected, next_model] },
    [410, {}, :model_not_found, next_model],
    *[409, 425, 498].map { |status| [status, {}, :unavailable, next_model] },
    [401, { provider_name: "Anthropic" }, :unauthorized, next_model],
    [402, { provider_name: "Anthropic" }, :insufficient_credits, next_model],
    [400, { availability: { code: "wrong_endpoint", retryable: false } }, :model_not_found, next_model],
    [400, { error_type: "provider_overloaded" }, :unavailable, next_model]
  ]

  def configure_two_endpoints(other)
    other.answer("From elsewhere")
    configure do |config|
      config.endpoint :other, base_url: other.base_url, api_key: "test-key"
      config.chain :default, [Support::PRIMARY, Support::SECONDARY, { model: "x/y", endpoint: :other }]
    end
  end

  around do |example|
    LlmRouter::Testing::Gateway.start do |other|
      @other = other
      example.run
    end
  end

  rows.each do |status, metadata, reason, walked|
    it "#{status} #{metadata.keys.join(', ')} is #{reason}; attempts: #{walked.join(', ')}" do
      gateway.answer("Hello")
      gateway.fail(Support::PRIMARY, status: status, metadata: metadata)
      configure_two_endpoints(@other)
      hops = begin
        ask.hops
      rescue LlmRouter::RequestRejected => e
        expect(e).to have_attributes(status: status, model: Support::PRIMARY)
        e.hops
      end
      expect(hops.first).to have_attributes(reason: reason, status: status)
      expect(models_called + @other.requests.map { :elsewhere }).to eq(walked)
    end
  end

  it "claims no more of a rejected request than is known" do
    gateway.fail(status: 400, message: "max_tokens is too large")
    expect(failure_of { ask }.message)
      .to eq("#{Support::PRIMARY} rejected the request: rejected (400): max_tokens is too large. The answer " \
             "blames the request, so no further candidate was tried. Fix the request")
  end

  it "makes exactly one request for a 400, and says what to do" do
    gateway.fail(status: 400, message: "max_tokens is too large")
    error = failure_of { ask }
    expect(error).to be_a(described_class::RequestRejected).and have_attributes(status: 400)
    expect(error.message).to include("rejected (400): max_tokens is too large", "Fix the request")
    expect(JSON.parse(error.body).dig("error", "message")).to eq("max_tokens is too large")
    expect(gateway.requests.size).to eq(1)
    expect(budget.charges).to be_empty
  end

  it "skips the other models of an endpoint whose key is refused, and says so" do
    gateway.fail(status: 401)
    error = failure_of { ask }
    expect(error).to be_a(described_class::ChainExhausted)
    expect(reasons(error.hops)).to eq(%i[unauthorized skipped skipped])
    expect(error.hops.map(&:attempted?)).to eq([true, false, false])
    expect(gateway.requests.size).to eq(1)
  end

  it "takes an error that may end by itself for a transient one, and none for a reason to stop" do
    gateway.answer("Hello")
    gateway.fail(Support::PRIMARY, status: 400, availability: { retryable: true, retry_after: 3 })
    gateway.fail(Support::SECONDARY, status: 503, availability: { retryable: false })
    draft = ask
    expect(draft.hops.first).to have_attributes(reason: :unavailable, status: 400, retry_after: 3.0)
    expect(draft).to have_attributes(model: Support::FLOOR)
  end

  it "goes on to a cheaper model where the balance does not allow so many tokens, and cools no endpoint down" do
    gateway.answer("Hello")
    gateway.fail(Support::PRIMARY, status: 402, message: "This request requires more credits, or fewer max_tokens. " \
                                                         "You requested up to 65536 tokens, but can only afford 4000.")
    expect(Array.new(2) { ask }).to all(have_attributes(model: Support::SECONDARY))
    expect(models_called).to eq([Support::PRIMARY, Support::SECONDARY] * 2)
  end

  it "cools the model down, and not the gateway, whose provider refuses a key of one's own" do
    gateway.answer("Hello")
    gateway.fail(Support::PRIMARY, status: 401, metadata: { provider_name: "Anthropic" })
    drafts = Array.new(4) { ask }
    expect(drafts.map { |draft| reasons(draft.hops) }).to eq(([[:unauthorized]] * 3) + [[:cooling_down]])
    expect(drafts).to all(have_attributes(model: Support::SECONDARY))
  end

  it "skips a model that keeps answering 404" do
    gateway.answer("Hello")
    gateway.fail(Support::PRIMARY, status: 404)
    expect(Array.new(4) { reasons(ask.hops) }).to eq(([[:model_not_found]] * 3) + [[:cooling_down]])
    expect(models_called.count(Support::PRIMARY)).to eq(3)
  end

  {
    "a top-level error" => ->(g) { g.fail_inside(Support::PRIMARY, code: 429) },
    "a choice that ended in an error" => ->(g) { g.finish_with_error(Support::PRIMARY, code: 502) },
    "no choices" => ->(g) { g.no_choices(Support::PRIMARY) },
    "empty content" => ->(g) { g.empty(Support::PRIMARY) },
    "no JSON" => ->(g) { g.raw(Support::PRIMARY, body: "<html>") },
    "JSON that is no completion" => ->(g) { g.raw(Support::PRIMARY, body: "[1, 2]") },
    "bytes that are no UTF-8" => ->(g) { g.raw(Support::PRIMARY, body: "{\"id\": \"\xFF\"}") },
    "a reset connection" => ->(g) { g.reset(Support::PRIMARY) },
    "an answer cut short" => ->(g) { g.truncate(Support::PRIMARY) }
  }.each do |what, fault|
    it "falls through #{what}" do
      gateway.answer("Hello")
      fault.call(gateway)
      draft = ask
      expect(draft).to have_attributes(content: "Hello", model: Support::SECONDARY)
      expect(draft.hops.size).to eq(1)
    end
  end

  it "stops at an error inside a 200 that is the request's own fault" do
    gateway.fail_inside(code: 400)
    expect(failure_of { ask }).to be_a(described_class::RequestRejected).and have_attributes(status: 400)
    expect(gateway.requests.size).to eq(1)
  end

  it "reads past the newlines that keep a slow answer's connection open" do
    gateway.drip(every: 0.02, for: 0.1, content: "Hello")
    expect(ask).to have_attributes(content: "Hello", fallback?: false)
  end

  it "reads gzip" do
    gateway.answer("Hello", gzip: true)
    expect(ask.content).to eq("Hello")
  end

  it "takes an answer that was paid for, though Python wrote numbers into it that JSON does not know" do
    choice = %({"logprobs":[NaN,-Infinity],"message":{"content":"Hello","reasoning_content":"Hm.","tool_calls":[]}})
    gateway.raw(body: %(\uFEFF{"choices":[#{choice}],"usage":{"cost":0.5}}))
    draft = ask
    expect(draft).to have_attributes(content: "Hello", reasoning: "Hm.", cost_usd: BigDecimal("0.5"), tool_calls: [])
    expect(draft.raw.dig("choices", 0, "logprobs")).to match([be_nan, -Float::INFINITY])
  end

  it "follows no redirect, with its key or without" do
    gateway.redirect(to: "#{@other.base_url}/chat/completions")
    error = failure_of { ask }
    expect(error.hops.first).to have_attributes(reason: :bad_answer, status: 307)
    expect(gateway.requests.size).to eq(1)
    expect(@other.requests).to be_empty
  end

  it "takes an answer above the size limit for none, before and after decompression" do
    gateway.answer("Hello")
    configure(max_answer_bytes: 100_000)
    [{}, { gzip: true }].each do |options|
      gateway.huge(Support::PRIMARY, bytes: 200_000, times: 1, **options)
      draft = ask
      expect(draft.model).to eq(Support::SECONDARY)
      expect(draft.hops.first).to have_attributes(reason: :bad_answer, message: /100000 bytes/)
    end
  end

  it "believes no server that announces more than it sends", :slow do
    gateway.answer("Hi")
    gateway.raw(Support::PRIMARY, body: "{}", headers: { "content-length" => (2**46).to_s })
    configure(max_answer_bytes: 2**31) do |config|
      config.chain :default, [{ model: Support::PRIMARY, timeout: 1 }, Support::SECONDARY]
    end
    expect(ask.model).to eq(Support::SECONDARY)
  end

  it "reads an answer of 20 MB under the default limit" do
    gateway.huge(bytes: 20_000_000)
    expect(ask.content.bytesize).to eq(20_000_000)
  end
end
