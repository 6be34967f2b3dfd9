# frozen_string_literal: true

require "timeout"
require_relative "batch/batch_helper"

RSpec.describe LlmRouter, "and retries" do
  include BatchHelper

  # The primary may be retried so often.
  def configure_retries(retries, **settings)
    configure(**settings) do |config|
      config.chain :default, [{ model: Support::PRIMARY, retries: retries }, *Support::CHAIN.drop(1)]
      yield config if block_given?
    end
  end

  def call(**limits)
    router(**limits).call(messages: Support::MESSAGES)
  end

  def primary_fails_once(**failure)
    gateway.answer("Hi", cost_usd: "0.25")
    gateway.fail(Support::PRIMARY, status: 503, times: 1, **failure)
  end

  describe "of a candidate with retries" do
    it "calls the same model again after a transient failure, and says so" do
      primary_fails_once
      configure_retries(1) { |config| config.logger.level = :warn }
      draft = ask
      expect(draft).to have_attributes(content: "Hi", requested_model: Support::PRIMARY, fallback?: false)
      expect(draft.hops.map(&:model)).to eq([Support::PRIMARY])
      expect(log).to match(/#{Support::PRIMARY} at openrouter failed: unavailable .*; next: #{Support::PRIMARY}$/)
      expect(budget.charges).to eq([BigDecimal("0.25")])
    end

    it "goes on to the next candidate when the retries are used up" do
      gateway.answer("Hi")
      gateway.fail(Support::PRIMARY, status: 500)
      configure_retries(2)
      expect(ask).to have_attributes(requested_model: Support::SECONDARY, fallback?: true)
      expect(models_called).to eq([*[Support::PRIMARY] * 3, Support::SECONDARY])
    end

    it "waits for a Retry-After of at most max_wait" do
      primary_fails_once(retry_after: 0.3)
      configure_retries(1, max_wait: 0.3)
      started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      draft = ask
      expect(draft.requested_model).to eq(Support::PRIMARY)
      expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to be >= 0.3 + draft.hops.first.duration
    end

    it "goes on at once where Retry-After is above max_wait" do
      primary_fails_once(retry_after: 3.1)
      configure_retries(1)
      expect(ask.requested_model).to eq(Support::SECONDARY)
      expect(models_called).to eq([Support::PRIMARY, Support::SECONDARY])
    end

    it "goes on at once where the wait does not fit into the candidate's share of the deadline" do
      primary_fails_once(retry_after: 2)
      configure_retries(1)
      expect(call(deadline: 6).requested_model).to eq(Support::SECONDARY)
      expect(models_called).to eq([Support::PRIMARY, Support::SECONDARY])
    end

    it "is not used after a timeout, the attempt's or one behind the gateway" do
      gateway.answer("Hi")
      gateway.hang(Support::PRIMARY)
      configure do |config|
        config.chain :default, [{ model: Support::PRIMARY, retries: 1, timeout: 0.3 }, Support::SECONDARY]
      end
      expect(ask.hops.map(&:reason)).to eq([:timeout])
      configure_retries(1)
      [504, 408].each do |status|
        gateway.fail(Support::PRIMARY, status: status)
        expect(ask.hops.map { |hop| [hop.model, hop.status] }).to eq([[Support::PRIMARY, status]])
      end
    end

    it "is not used after a failure that took long for its timeout" do
      primary_fails_once(delay: 1)
      configure_retries(1)
      expect(call(timeout: 3).requested_model).to eq(Support::SECONDARY)
    end

    it "is not used after a failure of the request, of the endpoint, or one that the gateway calls final" do
      configure_retries(1)
      gateway.fail(status: 400)
      expect { ask }.to raise_error(described_class::RequestRejected)
      gateway.fail(status: 401)
      expect { ask }.to raise_error(described_class::ChainExhausted)
      gateway.answer("Hi")
      gateway.fail(Support::PRIMARY, status: 503, availability: { code: "capacity_exhausted", retryable: false })
      expect(models_called).to eq([Support::PRIMARY] * 2)
      described_class.reset_health!
      expect(ask.requested_model).to eq(Support::SECONDARY)
    end

    it "is used after a connection that breaks and an answer that is none" do
      configure_retries(1)
      gateway.answer("Hi")
      gateway.reset(Support::PRIMARY, times: 1)
      expect(ask.hops.map(&:reason)).to eq([:connection])
      gateway.raw(Support::PRIMARY, body: "{", times: 1)
      expect(ask.hops.map(&:reason)).to eq([:bad_answer])
      expect(models_called).to eq([Support::PRIMARY] * 4)
    end

    it "counts each attempt for the model's health, and is not stopped by the cooldown that its failure began" do
      gateway.answer("Hi")
      gateway.fail(Support::PRIMARY, status: 503, retry_after: 0.2, times: 2)
      configure_retries(2)
      expect(ask.requested_model).to eq(Support::PRIMARY)
      expect(described_class.health.first).to have_attributes(state: :up, attempts: 3, successes: 1)
    end
  end

  describe "by default" do
    it "calls the last model once more, and no other" do
      gateway.fail(status: 503)
      configure(retries: LlmRouter::Configuration.new.retries)
      error = failure_of { ask }
      expect(models_called).to eq([*Support::CHAIN, Support::FLOOR])
      expect(error.hops.map(&:model)).to eq(models_called)
      expect(error.retry_after).to be_nil
    end

    it "does not if the candidate has retries: 0, or config.retries is 0" do
      gateway.fail(status: 503)
      configure(retries: 1) { |config| config.chain :default, [{ model: Support::PRIMARY, retries: 0 }] }
      failure_of { ask }
      configure(retries: 0, same_vendor: :allow) { |config| config.chain :default, [Support::PRIMARY] }
      failure_of { ask }
      expect(models_called).to eq([Support::PRIMARY] * 2)
    end

    it "says by the last attempt of a model when it may answer" do
      gateway.fail(status: 429, retry_after: 7)
      gateway.fail(status: 503, times: 1)
      configure(retries: 1, same_vendor: :allow) { |config| config.chain :default, [Support::PRIMARY] }
      expect(failure_of { ask }.retry_after).to eq(7)
    end
  end

  describe "and money" do
    let(:reserving) { Support::ReservingBudget.new }

    it "reserves for each attempt with a key of its own, and holds that during the wait" do
      primary_fails_once
      configure_retries(1, price_ttl: nil)
      call(budget: reserving)
      expect(reserving.operations.map(&:first)).to eq(%i[reserve release reserve settle])
      expect(reserving.operations.filter_map { |name, _, key| key if name == :reserve }.uniq.size).to eq(2)
    end

    it "skips a retry for which the budget has no room" do
      gateway.answer("Hi")
      gateway.empty(Support::PRIMARY, cost_usd: "0.9", times: 1)
      configure_retries(1, price_ttl: nil)
      error = failure_of { call(budget: reserving) }
      expect(error).to be_a(described_class::BudgetExceeded)
      expect(error.hops.map { |hop| [hop.model, hop.reason] })
        .to eq([[Support::PRIMARY, :bad_answer], *Support::CHAIN.map { |model| [model, :too_expensive] }])
    end

    it "releases what is reserved when it is interrupted during the wait, as nothing was sent" do
      gateway.fail(status: 503, retry_after: 60)
      configure_retries(1, price_ttl: nil, max_wait: 100)
      waiting = Thread.new { call(budget: reserving, deadline: 600) }
      waiting.report_on_exception = false
      eventually { reserving.operations.map(&:first) == %i[reserve release reserve] }
      waiting.raise(IOError, "stop")
      expect { waiting.value }.to raise_error(IOError)
      expect(reserving.operations.map(&:first)).to eq(%i[reserve release reserve release])
      expect(gateway.requests.size).to eq(1)
    end

    it "releases it for a Timeout as well", :slow do
      gateway.fail(status: 503, retry_after: 60)
      configure_retries(1, price_ttl: nil, max_wait: 100)
      expect { Timeout.timeout(2) { call(budget: reserving, deadline: 600) } }.to raise_error(Timeout::Error)
      expect(reserving.reserved_usd).to eq(0)
      expect(gateway.requests.size).to eq(1)
    end
  end

  describe "in call_all" do
    it "lets the other calls go on during a wait" do
      first = true
      gateway.respond(Support::PRIMARY) do |request|
        next answer_of("Hi") unless number_of(request).zero? && first

        first = false
        [503, { "retry-after" => "1" }, "{}"]
      end
      configure_retries(1, cooldown_after: nil)
      ended = []
      results = ask_all(3, concurrency: 2) { |request, _| ended << request[:messages].last[:content] }
      expect(results.map(&:requested_model)).to eq([Support::PRIMARY] * 3)
      expect(results.map { |result| result.hops.size }).to eq([1, 0, 0])
      expect(ended.last).to eq("0")
    end

    it "ends at once when it is interrupted during the wait, and releases what is reserved" do
      gateway.fail(status: 503, retry_after: 60)
      configure_retries(1, price_ttl: nil, max_wait: 100)
      reserving = Support::ReservingBudget.new(cap: "10")
      waiting = Thread.new { ask_all(3, budget: reserving, deadline: 600) }
      waiting.report_on_exception = false
      eventually { reserving.operations.count { |name,| name == :reserve } == 6 }
      waiting.raise(IOError, "stop")
      expect { waiting.value }.to raise_error(IOError)
      expect(reserving.reserved_usd).to eq(0)
      expect(gateway.requests.size).to eq(3)
    end
  end

  it "refuses retries and waits that cannot be" do
    [-1, 6, 1.5, "1", true].each do |retries|
      expect { configure_retries(retries) }
        .to raise_error(described_class::ConfigurationError,
                        "chain :default candidate 0: retries is #{retries.inspect}: give a whole number from 0 to 5")
      expect { configure(retries: retries) }.to raise_error(described_class::ConfigurationError, /\Aretries is/)
    end
    expect { configure(max_wait: 0) }.to raise_error(described_class::ConfigurationError, /\Amax_wait is 0/)
    configure_retries(nil)
    expect(LlmRouter.config).to have_attributes(retries: 0, max_wait: 3.0)
  end
end
