# frozen_string_literal: true

require_relative "batch/batch_helper"

RSpec.describe LlmRouter, "and a prompt that is too long" do
  include BatchHelper

  # The chain, with a window for each of its models; nil for one that is not known.
  def configure_windows(*windows, **settings)
    configure(**settings) do |config|
      candidates = Support::CHAIN.zip(windows).map { |model, context| { model: model, context: context } }
      config.chain :default, candidates
      yield config if block_given?
    end
  end

  def too_long(model, words = "maximum context length exceeded", **options)
    gateway.fail(model, status: 400, message: words, error_type: "context_length_exceeded", **options)
  end

  def call(text = "Hi", accept: nil, **options)
    router(**options).call(messages: [{ role: "user", content: text }], accept: accept)
  end

  def hops_of(result)
    result.hops.map { |hop| [hop.model, hop.reason, hop.status] }
  end

  # So many tokens, at least.
  def text(tokens)
    "abcdefgh" * tokens
  end

  describe "by the model's own judgement" do
    it "goes on to the next candidate that is known to be larger" do
      gateway.answer("Hi", cost_usd: "0.25")
      too_long(Support::PRIMARY)
      configure_windows(1000, nil, 2000, price_ttl: nil)
      draft = call
      expect(draft.requested_model).to eq(Support::FLOOR)
      expect(hops_of(draft)).to eq([[Support::PRIMARY, :too_long, 400], [Support::SECONDARY, :too_long, nil]])
      expect(draft.hops.map(&:attempted?)).to eq([true, false])
      expect(draft.hops.last.message).to end_with("for #{Support::PRIMARY}, and its window is not known")
      expect(models_called).to eq([Support::PRIMARY, Support::FLOOR])
      expect(budget.charges).to eq([BigDecimal("0.25")])
    end

    it "carries the answers that accept: refused before" do
      gateway.answer("Hi", Support::PRIMARY)
      too_long(Support::SECONDARY)
      configure_windows(500, 1000, nil, price_ttl: nil)
      error = failure_of { call("Hi", accept: ->(draft) { draft.content.size > 5 }) }
      expect(error).to be_a(LlmRouter::RequestRejected).and have_attributes(model: Support::SECONDARY)
      expect(error.responses.map(&:content)).to eq(["Hi"])
    end

    it "cools nothing" do
      gateway.answer("Hi")
      too_long(Support::PRIMARY)
      configure_windows(1000, 2000, cooldown_after: 1)
      2.times { call }
      expect(models_called).to eq([Support::PRIMARY, Support::SECONDARY] * 2)
      expect(described_class.health.map(&:state)).to all(eq(:up))
    end

    it "rejects the request after one request where none is larger, or known to be" do
      too_long("*")
      [[1000, 1000, 500], [1000, nil, nil], [nil, 2000, 3000], [nil, nil, nil]].each do |windows|
        configure_windows(*windows, price_ttl: nil)
        error = failure_of { call }
        expect(error).to be_a(described_class::RequestRejected)
        expect(error).to have_attributes(status: 400, model: Support::PRIMARY, body: /context_length_exceeded/)
        expect(hops_of(error)).to eq([[Support::PRIMARY, :too_long, 400]])
      end
      expect(models_called).to eq([Support::PRIMARY] * 4)
    end

    it "knows the windows from OpenRouter's lists, for budgets that reserve and others" do
      Support::CHAIN.zip([1000, 500, 2000]) do |model, window|
        gateway.price(model, prompt: "0.000001", completion: "0.000001", context_length: window)
      end
      gateway.answer("Hi")
      too_long(Support::PRIMARY)
      [budget, Support::ReservingBudget.new, described_class::Unlimited].each do |payer|
        configure
        expect(call(budget: payer).requested_model).to eq(Support::FLOOR)
      end
      expect(models_called).to eq([Support::PRIMARY, Support::FLOOR] * 3)
    end

    it "knows the window of the failing one from the words of the failure" do
      gateway.answer("Hi")
      too_long(Support::PRIMARY, "This endpoint's maximum context length is 1000 tokens. However, you requested " \
                                 "about 1500 tokens (1400 of text input, 100 in the output).")
      configure_windows(nil, 1000, 1001, price_ttl: nil)
      expect(call.requested_model).to eq(Support::FLOOR)
    end

    it "says how long the prompt is and how large the largest window, when it is too long for all" do
      too_long("*", "prompt is too long: 5000 tokens > 3000 maximum")
      configure_windows(1000, 2000, 3000)
      error = failure_of { call }
      expect(error).to be_a(described_class::RequestRejected)
      expect(error.message).to include("about 5000 tokens", "takes 3000")
      expect(hops_of(error)).to eq(Support::CHAIN.map { |model| [model, :too_long, 400] })
      expect(error.model).to eq(Support::FLOOR)
    end

    it "exhausts the chain where a larger one failed for another reason" do
      too_long(Support::PRIMARY)
      gateway.fail(Support::SECONDARY, status: 503)
      too_long(Support::FLOOR)
      configure_windows(1000, 3000, 2000)
      error = failure_of { call }
      expect(error).to be_a(described_class::ChainExhausted)
      expect(hops_of(error)).to eq([[Support::PRIMARY, :too_long, 400], [Support::SECONDARY, :unavailable, 503],
                                    [Support::FLOOR, :too_long, 400]])
    end

    it "is not deceived by words that the failure quotes from the prompt" do
      words = "the maximum context length is 10 tokens, you requested 99 tokens"
      gateway.answer("Hi")
      gateway.fail(Support::PRIMARY, status: 400, message: "bad request: #{words}", error_type: "invalid_request")
      configure_windows(1000, 2000, 3000)
      error = failure_of { call("Translate: #{words}") }
      expect(error).to be_a(described_class::RequestRejected)
      expect(hops_of(error)).to eq([[Support::PRIMARY, :rejected, 400]])
    end
  end

  describe "before it is sent" do
    it "skips a model whose window is surely too small" do
      gateway.answer("Hi", cost_usd: "0.25")
      configure_windows(999, 1000, nil)
      draft = call(text(1000))
      expect(draft.requested_model).to eq(Support::SECONDARY)
      expect(hops_of(draft)).to eq([[Support::PRIMARY, :too_long, nil]])
      expect(draft.hops.first.message).to eq("not called: the prompt has at least 1000 tokens, and it takes 999")
      expect(models_called).to eq([Support::SECONDARY])
    end

    it "sends what may fit, such as a run of one character, or what the gateway shortens" do
      gateway.answer("Hi")
      configure_windows(100, nil, nil)
      expect(call("=" * 12_800).requested_model).to eq(Support::PRIMARY)
      shortened = router.call(messages: [{ role: "user", content: text(1000) }], transforms: ["middle-out"])
      expect(shortened.requested_model).to eq(Support::PRIMARY)
    end

    it "rejects the request without one where no window is large enough, and charges nothing" do
      configure_windows(100, 300, 200)
      [budget, reserving = Support::ReservingBudget.new].each do |payer|
        error = failure_of { call(text(1000), budget: payer) }
        expect(error).to be_a(described_class::RequestRejected)
        expect(error).to have_attributes(status: nil, body: nil, model: Support::SECONDARY)
        expect(error.message).to include("at least 1000 tokens", "takes 300")
        expect(hops_of(error)).to eq([[Support::PRIMARY, :too_long, nil], [Support::SECONDARY, :too_long, nil]])
      end
      expect(gateway.requests).to be_empty
      expect(budget.charges).to be_empty
      expect(reserving.operations).to be_empty
    end

    it "looks the window up for a large prompt, and for a budget that reserves" do
      gateway.answer("Hi")
      Support::CHAIN.zip([1000, 20_000, 20_000]) do |model, window|
        gateway.price(model, prompt: "0.000001", completion: "0.000001", context_length: window)
      end
      configure
      expect(call(text(5000)).requested_model).to eq(Support::SECONDARY)
      configure
      expect(call(text(1200), budget: Support::ReservingBudget.new).requested_model).to eq(Support::SECONDARY)
      expect(models_called).to eq([Support::SECONDARY] * 2)
    end
  end

  it "is judged call by call in call_all" do
    gateway.respond(Support::PRIMARY) do |request|
      failure = { error: { code: 400, error_type: "context_length_exceeded", message: "too long" } }
      number_of(request) == 1 ? [400, {}, JSON.generate(failure)] : answer_of("Hi")
    end
    gateway.answer("Large", Support::FLOOR)
    configure_windows(1000, 500, 2000)
    messages = ["0", "1", text(1500), text(9000)].map { |text| { messages: [{ role: "user", content: text }] } }
    results = router.call_all(messages)
    expect(results.first(3).map(&:requested_model)).to eq([Support::PRIMARY, Support::FLOOR, Support::FLOOR])
    expect(results.last).to be_a(described_class::RequestRejected)
    expect(results.last.message).to include("at least 9000 tokens", "takes 2000")
  end

  it "refuses a window that is none" do
    [0, -1, 1.5, "200k", false, 10**10].each do |context|
      expect { configure_windows(context) }
        .to raise_error(described_class::ConfigurationError, /candidate 0: context is #{context.inspect}: give tokens/)
    end
  end
end
