# frozen_string_literal: true

RSpec.describe LlmRouter, "and the settings of the record" do
  def set(**settings)
    described_class.configure { |config| settings.each { |name, value| config.public_send(:"#{name}=", value) } }
  end

  it "has defaults" do
    expect(described_class.config).to have_attributes(record_calls: false, record_parent: "ActiveRecord::Base",
                                                      keep_incidents: 90 * 86_400.0, keep_stats: 400 * 86_400.0)
  end

  { record_calls: ["yes", nil, 1], record_parent: ["analytics", nil, 7],
    keep_incidents: [0, -1, nil, "1", Float::NAN, Complex(7200, 1)], keep_stats: [3599, 10**12] }.each do |name, values|
    values.each do |value|
      it "refuses #{value.inspect} as #{name}, and says what to give" do
        expect { set(name => value) }.to raise_error(LlmRouter::ConfigurationError, /\A#{name} is .*: give /)
      end
    end
  end

  it "says that the record needs Active Record" do
    code = 'require "llm_router"; begin; LlmRouter.configure { |c| c.record_calls = true }; ' \
           "rescue LlmRouter::ConfigurationError => e; puts e.message; end"
    expect(output_of(code)).to eq("record_calls is true, but Active Record is not loaded: require \"active_record\" " \
                                  "before LlmRouter.configure, or leave it false\n")
  end

  describe "and labels" do
    before { gateway.answer("Hi") }

    { feature: ["", "a\nb", 7, "x" * 129],
      tags: [[], { a: [] }, { a: 1.5 }, { "a\n" => 1 }, { a: "x" * 101 }, (1..11).to_h { |n| [n, n] }] }
      .each do |name, values|
      values.each do |value|
        it "refuses #{value.inspect[0, 40]} as #{name}, before anything is sent" do
          expect { ask(name => value) }.to raise_error(ArgumentError, /\A(feature|tags|the tag) .*: give /m)
          request = { messages: Support::MESSAGES, name => value }
          expect { router.call_all([request]) }.to raise_error(ArgumentError, /\Arequests\[0\]: .*: give /m)
          expect(gateway.requests).to be_empty
        end
      end
    end

    it "merges the tags of blocks, the inner first, and ends with the block" do
      seen = []
      require "llm_router/notifications"
      configure
      subscriber = ActiveSupport::Notifications.subscribe("call.llm_router") { |event| seen << event.payload }
      described_class.with(feature: :outer, tags: { tenant: 1, ticket: :a }) do
        described_class.with(tags: { tenant: 2 }) { ask(tags: { ok: true }) }
      end
      ask
      expect(seen.map { |payload| payload.values_at(:feature, :tags) })
        .to eq([["outer", { "tenant" => 2, "ticket" => "a", "ok" => true }], [nil, {}]])
      expect(gateway.requests.map(&:body).to_s).not_to match(/feature|tags/)
    ensure
      ActiveSupport::Notifications.unsubscribe(subscriber) if subscriber
    end
  end
end
