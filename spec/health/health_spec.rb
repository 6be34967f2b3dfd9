# frozen_string_literal: true

require "active_support"
require "active_support/notifications"
require "llm_router/notifications"

RSpec.describe LlmRouter, "and models that are down" do
  def health(model = Support::PRIMARY)
    described_class.health.find { |known| known.model == model }
  end

  def events(name, &)
    seen = []
    listener = proc { |event| seen << event.payload }
    ActiveSupport::Notifications.subscribed(listener, "#{name}.llm_router", &)
    seen
  end

  # The model is due for a probe when its cooldown of a second is over.
  def wait_for_the_probe
    expect(health.next_probe_at - Time.now).to be <= 1.3
    # Not rounded, as {LlmRouter.health} has it, by which a call may come too early.
    exactly = -> { described_class::Native::Health.report.find { |known| known[:model] == Support::PRIMARY } }
    eventually { exactly.call.fetch(:next_probe_at).zero? }
  end

  # Seconds that a first cooldown takes: twenty times the longest failure, and up to a fifth more.
  def cooldown_after(hops)
    seconds = (20 * hops.map(&:duration).max).clamp(10, 30)
    [seconds - 0.1, 10].max..((seconds * 1.2) + 0.1)
  end

  before { gateway.answer("Hi") }

  it "skips a model that failed three times in a row, so that not every call waits for one that hangs", :slow do
    gateway.hang(Support::PRIMARY)
    configure { |config| config.chain :default, [{ model: Support::PRIMARY, timeout: 0.3 }, Support::SECONDARY] }
    drafts = Array.new(5) { ask }
    expect(drafts.map { |draft| reasons(draft.hops) }).to eq(([[:timeout]] * 3) + ([[:cooling_down]] * 2))
    expect(models_called.count(Support::PRIMARY)).to eq(3)
    hop = drafts.last.hops.first
    expect(hop).to have_attributes(attempted?: false, duration: 0.0,
                                   retry_after: be_between(0, cooldown_after(drafts.flat_map(&:hops)).end))
    expect(hop.to_s).to match(/\A#{Support::PRIMARY} at openrouter skipped: it was failing \(timeout\), /)
    expect(hop.to_s).to match(/and cools down for \d+\.\d s more\z/)
    expect(log).to match(/WARN.*#{Support::PRIMARY} at openrouter cools down for [12]\d\.\d\d s: timeout, 3 f/)
  end

  it "cools a model down for twenty times what its failed attempts took, and for ten seconds at least", :slow do
    gateway.fail(Support::PRIMARY, status: 503)
    gateway.fail(Support::SECONDARY, status: 503, delay: 0.7, times: 3)
    hops = []
    cooldowns = events("cooldown") { 3.times { hops.concat(ask.hops) } }
    lengths = cooldowns.to_h { |event| event.values_at(:"gen_ai.request.model", :seconds) }
    expected = hops.group_by(&:model).transform_values { |failed| cooldown_after(failed) }
    expect(lengths).to match(expected.transform_values { |range| be_between(range.begin, range.end) })
    expect(lengths.fetch(Support::SECONDARY)).to be >= 14
  end

  it "cools a model down that keeps saying 404" do
    gateway.fail(Support::PRIMARY, status: 404)
    expect(Array.new(5) { reasons(ask.hops) }).to eq(([[:model_not_found]] * 3) + ([[:cooling_down]] * 2))
    expect(models_called.count(Support::PRIMARY)).to eq(3)
  end

  it "needs a single 429 or 503 where that says how long" do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60)
    gateway.fail(Support::SECONDARY, status: 429, retry_after: 60)
    expect(reasons(ask.hops)).to eq(%i[unavailable rate_limited])
    expect(reasons(ask.hops)).to eq(%i[cooling_down cooling_down])
    expect([health, health(Support::SECONDARY)]).to all(have_attributes(state: :cooling_down))
    expect(health.next_probe_at).to be_between(Time.now + 30, Time.now + 73)
  end

  it "lets exactly one call probe a half-open model while the others still skip it", :slow do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 1, times: 1)
    ask
    wait_for_the_probe
    arrived = Queue.new
    answer = Queue.new
    gateway.answer("Back", Support::PRIMARY)
    gateway.respond(Support::PRIMARY, times: 1) do
      arrived << true
      answer.pop
      [503, {}, "{}"]
    end
    prober = Thread.new { ask }
    arrived.pop
    expect(health).to have_attributes(state: :probing)
    drafts = Array.new(8) { Thread.new { ask } }.map(&:value)
    expect(drafts.map { |draft| reasons(draft.hops) }).to all(eq([:cooling_down]))
    expect(drafts.last.hops.first.message).to include("another call is probing it")
    answer << true
    expect(reasons(prober.value.hops)).to eq([:unavailable])
    # A probe that failed begins the next cooldown.
    expect(health).to have_attributes(state: :cooling_down, consecutive_failures: 2)
    expect(health.next_probe_at).to be > Time.now + 5
  end

  it "uses the model as before once the probe succeeds", :slow do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 1, times: 1)
    ask
    wait_for_the_probe
    expect(ask).to have_attributes(hops: [], requested_model: Support::PRIMARY)
    expect(health).to have_attributes(state: :up, failing_since: nil, consecutive_failures: 0, next_probe_at: nil)
  end

  it "releases the probe when the probing call is interrupted", :slow do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 1, times: 1)
    ask
    wait_for_the_probe
    gateway.hang(Support::PRIMARY, times: 1)
    prober = Thread.new { ask }
    gateway.await_requests(3)
    prober.kill.join
    expect(reasons(ask.hops)).to eq([])
  end

  it "is never shortened by a later failure" do
    arrived = Queue.new
    late = Queue.new
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 300)
    gateway.respond(Support::PRIMARY, times: 1) do
      arrived << true
      late.pop
      [503, { "retry-after" => "1" }, "{}"]
    end
    under_way = Thread.new { ask }
    arrived.pop
    ask
    cooling_until = health.next_probe_at
    late << true
    under_way.value
    expect(health).to have_attributes(consecutive_failures: 2, next_probe_at: be_within(1).of(cooling_until))
  end

  it "tries models that cool down, in order, rather than fail without an attempt" do
    gateway.fail(status: 503, retry_after: 60)
    failure_of { ask }
    error = failure_of { ask }
    expect(reasons(error.hops)).to eq(%i[unavailable] * 3)
    expect(models_called).to eq(Support::CHAIN * 2)
    gateway.answer("Hi", Support::SECONDARY)
    expect(ask).to have_attributes(requested_model: Support::SECONDARY)
  end

  it "returns to models that cool down when no other answers" do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60, times: 1)
    ask
    gateway.answer("Hi", Support::PRIMARY)
    [Support::SECONDARY, Support::FLOOR].each { |model| gateway.fail(model, status: 500) }
    draft = ask
    expect(reasons(draft.hops)).to eq(%i[cooling_down unavailable unavailable])
    expect(draft.requested_model).to eq(Support::PRIMARY)
    expect(log).to match(/#{Support::FLOOR} at openrouter failed: .*; next: #{Support::PRIMARY}$/)
  end

  it "keeps no job waiting for the end of a cooldown when the others failed without saying how long" do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 300, times: 1)
    ask
    gateway.fail(status: 500)
    error = failure_of { ask }
    expect(reasons(error.hops)).to eq(%i[cooling_down unavailable unavailable unavailable])
    expect(error.retry_after).to be_nil
  end

  it "cools a whole endpoint that refuses the key or has no money" do
    other = LlmRouter::Testing::Gateway.start
    other.answer("From elsewhere")
    gateway.fail(Support::PRIMARY, status: 402)
    configure do |config|
      config.endpoint :other, base_url: other.base_url, api_key: "test-key"
      config.chain :default, [Support::PRIMARY, Support::SECONDARY, { model: Support::FLOOR, endpoint: :other }]
    end
    expect(reasons(ask.hops)).to eq(%i[insufficient_credits skipped])
    draft = ask
    expect(reasons(draft.hops)).to eq(%i[cooling_down cooling_down])
    expect(draft.hops.map(&:message)).to all(match(/openrouter was failing \(insufficient_credits\)/))
    expect(models_called).to eq([Support::PRIMARY])
    expect(log).to match(/endpoint openrouter cools down for/)
  ensure
    other.stop
  end

  it "skips no model with cooldown_after = nil" do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60)
    configure(cooldown_after: nil)
    expect(Array.new(5) { reasons(ask.hops) }).to all(eq([:unavailable]))
    expect(health).to have_attributes(state: :failing, consecutive_failures: 5, attempts: 5)
  end

  it "counts a request that is at fault against no model" do
    gateway.fail(Support::PRIMARY, status: 400)
    4.times { failure_of { ask } }
    expect(health).to have_attributes(state: :up, consecutive_failures: 0, attempts: 4)
  end

  it "reports what is known of each model, and forgets it" do
    gateway.answer("Hi", Support::PRIMARY, delay: 0.1)
    ask
    gateway.fail(Support::PRIMARY, status: 503)
    started = Time.now
    ask
    known = health
    expect(known).to have_attributes(model: Support::PRIMARY, endpoint: "openrouter", state: :failing, attempts: 2,
                                     successes: 1, consecutive_failures: 1, last_reason: :unavailable)
    expect(known).to be_frozen
    expect(known.failing_since).to be_between(started - 0.1, Time.now)
    expect([known.p50, known.p95]).to all(be_between(0.1, 60))
    expect(known.to_s).to match(/\A#{Support::PRIMARY} at openrouter: failing, failing since .* \(1 in a row, /)
    expect(known.to_s).to match(/: unavailable\), 1 of 2 attempts answered, p50 \d\.\d\d s\z/)
    expect(health(Support::SECONDARY).to_s).to match(/openrouter: up, 1 of 1 attempts answered/)
    described_class.reset_health!
    expect(described_class.health).to be_empty
  end

  it "is shared by all threads, and kept apart by endpoint and key" do
    gateway.fail(Support::PRIMARY, status: 503)
    configure
    3.times.map { Thread.new { ask } }.each(&:join)
    expect(reasons(ask.hops)).to eq([:cooling_down])
    elsewhere = LlmRouter::Testing::Gateway.start
    elsewhere.answer("Hi")
    configure(base_url: elsewhere.base_url)
    expect(ask.hops).to be_empty
  ensure
    elsewhere&.stop
  end

  it "reports once that a model has been failing for down_after, and its return with the length of the outage" do
    gateway.fail(Support::PRIMARY, status: 503)
    configure(down_after: 0.3, cooldown_after: nil)
    up = nil
    down = events("model_down") do
      ask
      ask until Time.now - health.failing_since > 0.35
      2.times { ask }
      gateway.answer("Back", Support::PRIMARY)
      up = events("model_up") { 2.times { ask } }
    end
    expect(down.size).to eq(1)
    expect(down.first).to include(chain: :default, endpoint: "openrouter", reason: :unavailable,
                                  "gen_ai.request.model": Support::PRIMARY, "error.type": "unavailable",
                                  seconds: be_between(0.3, 60), failing_since: be_within(60).of(Time.now))
    expect(up.size).to eq(1)
    expect(up.first).to include("gen_ai.request.model": Support::PRIMARY, seconds: be_between(0.35, 60))
    expect(log).to match(/ERROR.*#{Support::PRIMARY} at openrouter is down: it has been failing since .* \(unavail/)
    expect(log).to match(/WARN.*#{Support::PRIMARY} at openrouter is up again, after an outage of \d+\.\d\d s$/)
  end

  it "emits the beginning of each cooldown" do
    gateway.fail(Support::PRIMARY, status: 429, retry_after: 7)
    cooldowns = events("cooldown") { 3.times { ask } }
    expect(cooldowns).to match([include("gen_ai.request.model": Support::PRIMARY, reason: :rate_limited,
                                        consecutive_failures: 1, whole_endpoint: false, seconds: be_between(7, 8.5))])
  end

  it "cools a model down for another time in each child of a process, so that not all probe at one moment", :slow do
    gateway.fail(status: 429, retry_after: 7)
    lengths = output_of_program(<<~RUBY).split
      require "llm_router/notifications"
      LlmRouter.configure { |config| config.retries = 0 }
      def fail_all
        LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: MESSAGES)
      rescue LlmRouter::ChainExhausted
        LlmRouter.reset_health!
      end
      fail_all
      show = proc { |event| $stdout.syswrite("\#{event.payload[:seconds]} ") }
      ActiveSupport::Notifications.subscribe("cooldown.llm_router", show)
      3.times { Process.wait(fork { fail_all }) }
    RUBY
    expect([lengths.size, lengths.uniq.size]).to eq([9, 9])
  end

  it "says what is wrong with its settings" do
    { cooldown_after: 0, down_after: -1, health_store: Object.new }.each do |setting, bad|
      expect { configure(setting => bad) }.to raise_error(described_class::ConfigurationError, /\A#{setting} is /)
    end
  end
end
