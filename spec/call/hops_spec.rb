# frozen_string_literal: true

RSpec.describe LlmRouter, "and its hops" do
  it "logs each hop in one line: what failed, why, after how long, and who is next" do
    gateway.answer("Hi")
    gateway.fail(Support::PRIMARY, status: 503, message: "Provider\nreturned error")
    configure { |config| config.logger.level = :warn }
    ask
    expect(log.lines.size).to eq(1)
    expect(log).to match(/WARN.*\[llm\] #{Support::PRIMARY} at openrouter failed: unavailable \(503\) after \d+\.\d+ s/)
    expect(log).to end_with(": Provider returned error; next: #{Support::SECONDARY}\n")
  end

  it "logs the last hop as an error, and a skipped model as skipped" do
    gateway.fail(status: 401)
    failure_of { ask }
    expect(log.lines.map { |line| line[/WARN|ERROR/] }).to eq(%w[ERROR WARN ERROR ERROR ERROR])
    expect(log).to match(/#{Support::PRIMARY} at openrouter failed: unauthorized .*; no further candidate is tried$/)
    expect(log).to include("#{Support::SECONDARY} at openrouter skipped: openrouter had failed already in this call")
    expect(log.lines.last).to match(/chain :default failed: exhausted after \d+\.\d+ s$/)
  end

  it "passes each hop to observers the moment it happens, before the next attempt" do
    seen = []
    gateway.respond { |request| (seen << request.model) && [503, {}, "{}"] }
    configure { |config| config.on_hop { |hop| seen << hop } }
    failure_of { ask }
    expect(seen.map { |event| event.respond_to?(:reason) ? event.reason : event })
      .to eq(Support::CHAIN.flat_map { |model| [model, :unavailable] })
    expect(seen.grep(LlmRouter::Hop)).to all(be_frozen)
  end

  it "does not let an observer or a log that fails disturb the call" do
    gateway.answer("Hi")
    gateway.fail(Support::PRIMARY, status: 503)
    configure { |config| config.on_hop { raise "no metrics today" } }
    expect(ask.content).to eq("Hi")
    expect(log).to match(/ERROR.*a listener raised RuntimeError/)
    expect(log).not_to include("no metrics today")
    broken = Object.new
    %i[debug info warn error].each { |level| broken.define_singleton_method(level) { raise IOError } }
    configure { |config| config.logger = broken }
    expect(ask.content).to eq("Hi")
  end

  it "names every model's failure when all have failed, the first one first" do
    gateway.fail(Support::PRIMARY, status: 429, retry_after: 40)
    gateway.fail(Support::SECONDARY, status: 503, retry_after: 7)
    gateway.reset(Support::FLOOR)
    error = failure_of { ask }
    expect(error).to be_a(described_class::ChainExhausted)
    expect(error.message).to eq("no model of chain :default answered: #{Support::PRIMARY}: rate_limited (429); " \
                                "#{Support::SECONDARY}: unavailable (503); #{Support::FLOOR}: connection")
    expect(error.hops.map(&:retry_after)).to eq([40, 7, nil])
    expect(error.hops).to be_frozen
  end

  it "reads Retry-After as a date" do
    gateway.fail(status: 429, retry_after: (Time.now.utc + 90).strftime("%a, %d %b %Y %H:%M:%S GMT"))
    expect(failure_of { ask }.retry_after).to be_within(10).of(90)
  end

  it "says when the soonest model may answer, at most in an hour, and nothing where one of them did not say" do
    gateway.fail(status: 429, retry_after: 86_400)
    expect(failure_of { ask }.retry_after).to eq(3_600)
    gateway.fail(Support::SECONDARY, status: 503, retry_after: 7)
    expect(failure_of { ask }.retry_after).to eq(7)
    gateway.fail(Support::FLOOR, status: 503)
    expect(failure_of { ask }.retry_after).to be_nil
  end

  it "says nothing where the time was up, for some may not have been called" do
    gateway.fail(status: 429, retry_after: 40)
    hops = failure_of { ask }.hops
    expect(described_class::DeadlineExceeded.new(hops: hops.first(1)).retry_after).to be_nil
  end
end
