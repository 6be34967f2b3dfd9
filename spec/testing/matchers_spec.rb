# frozen_string_literal: true

require "llm_router/testing"
require "llm_router/testing/matchers"
require "net/http"

RSpec.describe LlmRouter::Testing::Matchers do
  include described_class

  let(:testing) { LlmRouter.testing }

  before do
    configure(base_url: "https://openrouter.ai/api/v1")
    LlmRouter.testing! do |gateway|
      gateway.answer("Hello")
      gateway.fail("anthropic/*", status: 503)
    end
  end

  # Once for all: a gateway takes a while to stop.
  after(:context) { LlmRouter.testing_off! }

  def fail_with(*parts)
    raise_error(RSpec::Expectations::ExpectationNotMetError) do |error|
      expect(error.message).to include(*parts)
    end
  end

  def say(content)
    router.call(messages: [{ role: "system", content: "Be kind" }, { role: "user", content: content }])
  end

  describe "#have_called_model" do
    it "takes a name, globs, a Regexp or a matcher" do
      ask
      [Support::PRIMARY, "anthropic/*", "*sonnet*", /sonnet/, a_string_starting_with("anth")].each do |model|
        expect(testing).to have_called_model(model)
      end
      ["anthropic", "sonnet", "openai/*", /\Asonnet/, a_string_starting_with("open")].each do |model|
        expect(testing).not_to have_called_model(model)
      end
    end

    it "counts" do
      2.times { ask }
      expect(testing).to have_called_model("google/*").times(2)
      expect(testing).to have_called_model("*").times(4)
      expect(testing).to have_called_model("*").times(1..4)
      expect(testing).to have_called_model("openai/*").times(0)
      expect(testing).not_to have_called_model("google/*").times(1)
    end

    it "searches every message, and the parts of one" do
      say("I want a refund")
      say([{ type: "text", text: "Is this (yours)?" }, { type: "image_url", image_url: { url: "data:," } }])
      expect(testing).to have_called_model("google/*").with_message(/refund/).times(1)
      expect(testing).to have_called_model("google/*").with_message("(yours)?").times(1)
      expect(testing).to have_called_model("google/*").with_message(/\AIs this .*\?\z/).times(1)
      expect(testing).to have_called_model("google/*").with_message("Be kind").times(2)
      expect(testing).not_to have_called_model("google/*").with_message(/complaint/)
      expect(testing).not_to have_called_model("openai/*").with_message(/refund/)
    end

    it "skips a message without content" do
      router.call(messages: [{ role: "assistant", content: nil, tool_calls: [] }])
      expect(testing).not_to have_called_model("google/*").with_message(/refund/)
    end

    it "compares the parameters, as deep as they are given" do
      ask(max_tokens: 200, temperature: 0.5, stop: %w[a b], provider: { sort: "price", max_price: { prompt: 1 } })
      [{ max_tokens: 200 }, { provider: { max_price: { prompt: 1 } }, temperature: 0.1..0.9 },
       { stop: ["a", /b/], provider: { sort: :price }, max_tokens: Integer }].each do |parameters|
        expect(testing).to have_called_model("google/*").with(**parameters)
      end
      expect(testing).to have_called_model("google/*").with(max_tokens: be > 100).times(1)
      [{ max_tokens: 201 }, { provider: { sort: "price", only: nil } }, { stop: ["a"] }, { seed: nil }].each do |other|
        expect(testing).not_to have_called_model("google/*").with(**other)
      end
    end

    it "shows which parameters were sent instead, and not the messages" do
      ask(max_tokens: 200)
      expect { expect(testing).to have_called_model("google/*").with(max_tokens: 100) }
        .to fail_with('expected "google/*" to have been called with max_tokens: 100, but it was not',
                      "#{Support::SECONDARY} with #{{ 'max_tokens' => 200 }.inspect}")
    end

    it "shows what was called instead" do
      ask
      expect { expect(testing).to have_called_model("openai/*") }
        .to fail_with('expected "openai/*" to have been called, but it was not. Called, in order:',
                      "\n  #{Support::PRIMARY}\n  #{Support::SECONDARY}")
    end

    it "shows how often it was called" do
      ask
      expect { expect(testing).to have_called_model("google/*").times(2) }
        .to fail_with('expected "google/*" to have been called twice, but it was called once')
      expect { expect(testing).not_to have_called_model(/google/) }
        .to fail_with("expected /google/ not to have been called, but it was called once")
    end

    it "shows what was said instead" do
      say("I want a refund, #{'please ' * 50}")
      expect { expect(testing).to have_called_model("google/*").with_message(/complaint/) }
        .to fail_with('expected "google/*" to have been called with a message matching /complaint/, but it was not',
                      "#{Support::SECONDARY} with the messages \"Be kind\", \"I want a refund, please")
    end

    it "says that nothing was called" do
      expect { expect(testing).to have_called_model("*") }.to fail_with("no model was called")
    end

    it "does not go on for ever" do
      LlmRouter.configure { |config| config.cooldown_after = nil }
      25.times { ask }
      expect { expect(testing).to have_called_model("openai/*") }.to fail_with("and 30 more")
    end

    it "fails either way for what is no gateway" do
      expect { expect(nil).to have_called_model("*") }.to fail_with("nil is no gateway: give LlmRouter.testing")
      expect { expect(nil).not_to have_called_model("*") }.to fail_with("nil is no gateway: give LlmRouter.testing")
    end

    it "never raises for a pattern, whatever it is" do
      say("Déjà vu")
      [nil, :sym, 7, "a\0b", "d\xE9".dup.force_encoding("ISO-8859-1"), /d\xE9/n].each do |odd|
        expect { expect(testing).to have_called_model(odd) }.to fail_with("Called, in order")
        expect { expect(testing).to have_called_model("*").with_message(odd) }.to fail_with("with the messages")
      end
    end

    it "sees requests that are not the router's" do
      Net::HTTP.post(URI("#{testing.base_url}/chat/completions"), "[]", "authorization" => "Bearer test-key")
      Net::HTTP.post(URI("#{testing.base_url}/chat/completions"), '{"model":1,"messages":"x"}',
                     "authorization" => "Bearer test-key")
      expect { expect(testing).to have_called_model("a/b").with_message("y") }.to fail_with("POST /api/v1", "\"x\"")
    end
  end

  describe "#have_fallen_back_to" do
    it "is about a response" do
      expect(ask).to have_fallen_back_to("google/*")
      expect(ask).not_to have_fallen_back_to("anthropic/*")
      expect(ask).not_to have_fallen_back_to("meta-llama/*")
    end

    it "is about the calls of a block" do
      ask
      expect { ask && nil }.to have_fallen_back_to(Support::SECONDARY)
      testing.answer("Hi", "anthropic/*")
      expect { ask }.not_to have_fallen_back_to("*")
      expect { nil }.not_to have_fallen_back_to("*")
    end

    it "is about all calls so far" do
      expect(testing).not_to have_fallen_back_to("*")
      ask
      expect(testing).to have_fallen_back_to("google/*")
    end

    it "knows the model by the chain's name for it, and by the one that was billed" do
      testing.answer("Hi", "google/*", model: "google/gemini-2.5-flash-preview")
      draft = ask
      expect(draft).to have_fallen_back_to(Support::SECONDARY).and have_attributes(hops: [be_a(LlmRouter::Hop)])
      expect(draft).to have_fallen_back_to("*-preview")
    end

    it "counts a fallback whose answer was paid for but not charged" do
      testing.answer("Hi", "google/*", cost_usd: "0.01")
      allow(budget).to receive(:charge!).and_raise("the database is gone")
      failure_of { ask }
      expect(testing).to have_fallen_back_to("google/*")
    end

    it "names the model that answered" do
      expect { expect(ask).to have_fallen_back_to("openai/*") }
        .to fail_with("expected a fallback to \"openai/*\", but #{Support::SECONDARY} answered, " \
                      "after #{Support::PRIMARY} (unavailable (503))")
      expect { expect(ask).not_to have_fallen_back_to("google/*") }.to fail_with('expected no fallback to "google/*"')
      testing.answer("Hi", "anthropic/*")
      expect { expect { ask }.to have_fallen_back_to("google/*") }
        .to fail_with("#{Support::PRIMARY} answered, the first candidate")
    end

    it "shows an error that the block raised, either way" do
      testing.fail(status: 503)
      expect { expect { ask }.to have_fallen_back_to("google/*") }
        .to fail_with("LlmRouter::ChainExhausted was raised", "the block raised LlmRouter::ChainExhausted: no model of")
      expect { expect { ask }.not_to have_fallen_back_to("google/*") }.to fail_with("the block raised")
    end

    it "does not let an error pass because there was a fallback before it" do
      both = lambda do
        ask
        testing.fail(status: 503)
        ask
      end
      expect { expect(&both).to have_fallen_back_to("google/*") }
        .to fail_with("#{Support::SECONDARY} answered", "the block raised")
    end

    it "lets errors through that are not of this gem, and calls that were not scripted for" do
      expect { expect { raise KeyError, "a bug" }.to have_fallen_back_to("*") }.to raise_error(KeyError)
      LlmRouter.testing!
      expect { expect { ask }.to have_fallen_back_to("*") }.to raise_error(LlmRouter::Testing::UnstubbedCall)
    end

    it "says that no call was made" do
      expect { expect { nil }.to have_fallen_back_to("*") }.to fail_with("no call was made")
    end

    it "fails either way for what is no response" do
      other = gateway
      [nil, "Hello", other].each do |odd|
        expect { expect(odd).to have_fallen_back_to("*") }.to fail_with("is no response: give")
        expect { expect(odd).not_to have_fallen_back_to("*") }.to fail_with("is no response: give")
      end
    end

    it "takes doubles, and errors for what they are" do
      double = Struct.new(:model, :hops)
      expect(double.new("google/x", [:hop])).to have_fallen_back_to("google/*")
      expect { expect(double.new("google/x", nil)).to have_fallen_back_to("google/*") }.to fail_with("the first")
      expect { expect(double.new("google/x", [:hop])).to have_fallen_back_to("a/*") }.to fail_with("after :hop")
      testing.fail(status: 400)
      expect { expect(failure_of { ask }).to have_fallen_back_to("*") }.to fail_with("RequestRejected was raised")
    end
  end

  it "describes itself" do
    expect(have_called_model("a/*").with_message(/x/).times(3).description)
      .to eq('have called "a/*" 3 times with a message matching /x/')
    expect(have_fallen_back_to("a/*").description).to eq('have fallen back to "a/*"')
  end
end
