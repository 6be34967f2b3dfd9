# frozen_string_literal: true

require "active_support"
require "active_support/notifications"
require "llm_router/notifications"
require "socket"
require "yaml"

# Wherever one can look, the key is not there.
RSpec.describe LlmRouter, "and its key" do
  key = "sk-or-v1-0123456789abcdef"

  around { |example| with_gateway(api_key: key) { example.run } }

  # What each way to make text of an object makes of it. A dump that is refused shows nothing.
  ways = {
    "inspect" => :inspect.to_proc,
    "to_s" => :to_s.to_proc,
    "pp" => :pretty_inspect.to_proc,
    "to_json" => :to_json.to_proc,
    "YAML" => lambda do |object|
      YAML.dump(object)
    rescue TypeError
      ""
    end,
    "Marshal" => lambda do |object|
      Marshal.dump(object)
    rescue TypeError
      ""
    end
  }

  def texts_of(error)
    detailed = error.respond_to?(:detailed_message) ? error.detailed_message(highlight: false) : ""
    [error.message, error.full_message, error.full_message(highlight: true), detailed, error.inspect,
     *error.backtrace, *error.backtrace_locations.map(&:inspect), *(texts_of(error.cause) if error.cause)]
  end

  define_method(:configure_it) do |**settings|
    configure(api_key: key, **settings) do |config|
      config.endpoint :other, base_url: "https://a.example", api_key: key
    end
  end

  def empty_budget = Support::ChargingBudget.new(cap: 0)

  # Errors of every kind that a call can end with, all of endpoints that repeat the key.
  define_method(:failures) do
    quoting = { message: "not with #{key}", metadata: { raw: %({"sent":"Bearer #{key}"}) } }
    gateway.answer("Hi", "good/*", cost_usd: "0.01")
    [400, 401, 403, 503].each { |status| gateway.fail("bad/#{status}", status: status, **quoting) }
    gateway.hang("slow/*")
    broke = Object.new
    def broke.exhausted? = false
    def broke.charge!(_) = raise("no money table")
    configure_it(same_vendor: :allow, deadline: 1)
    failing = [400, 401, 403, 503].to_h { |status| ["bad/#{status}", budget] }
    failing.update("slow/a" => budget, "good/a" => empty_budget, "good/b" => broke).map do |model, payer|
      failing_router = described_class.new(chain: [model], budget: payer)
      failure_of { failing_router.call(messages: Support::MESSAGES) }
    end
  end

  define_method(:objects) do
    pp # Without an argument it prints nothing, but loads itself.
    errors = failures
    answer = described_class.new(chain: ["bad/503", "good/a"], budget: budget).call(messages: Support::MESSAGES)
    config = described_class.config
    chain = config.resolve(:default)
    endpoints = %i[openrouter other].map { |name| config.endpoint_called(name) }
    [config, config.api_key, router, chain, *chain.candidates, *endpoints, *endpoints.map(&:native),
     answer, answer.raw, answer.usage, *answer.hops, *errors, *errors.flat_map(&:hops), described_class]
  end

  it "is in no text that anything can be made into" do
    all = objects
    kinds = [LlmRouter::RequestRejected, LlmRouter::ChainExhausted, LlmRouter::DeadlineExceeded,
             LlmRouter::BudgetExceeded, LlmRouter::ChargeFailed, LlmRouter::Response, LlmRouter::Hop]
    expect(all.map(&:class)).to include(*kinds)
    ways.each do |name, way|
      showing = all.select { |object| way.call(object).b.include?(key) }
      expect(showing.map(&:class)).to be_empty, "#{name} of #{showing.map(&:class)} shows the key"
    end
  end

  it "raises where it is dumped, and is masked where it is printed" do
    configure_it
    config = described_class.config
    [config, config.api_key, router].each { |object| expect { Marshal.dump(object) }.to raise_error(TypeError) }
    expect([config.api_key.inspect, config.api_key.to_s, JSON.parse(config.api_key.to_json)])
      .to all(eq("[FILTERED]"))
  end

  it "is in no error, none of its causes and backtraces, no log and no event" do
    events = []
    listener = proc { |event| events << event }
    errors = ActiveSupport::Notifications.subscribed(listener, /\.llm_router\z/) { failures }
    shown = [*errors.flat_map { |error| texts_of(error) }, *errors.grep(LlmRouter::RequestRejected).map(&:body), log,
             *events.map { |event| [event.name, event.payload].inspect }].join("\n")
    expect(shown).not_to include(key)
    expect(shown).to include("not with [FILTERED]", "no money table")
    expect(events.map(&:name).uniq).to include("call.llm_router", "attempt.llm_router", "budget_exceeded.llm_router")
  end

  it "is in no error about a configuration that is wrong" do
    faults = {
      ->(config) { config.api_key = "#{key}\n" } => /a line break: was it read from a file with its newline\?/,
      ->(config) { config.api_key = "#{key}\r\nX-Evil: 1" } => /api_key holds a character that no HTTP header/,
      ->(config) { config.api_key = "#{key}\0" } => /api_key holds a character that no HTTP header/,
      ->(config) { config.api_key = { token: key } } => /api_key is a Hash/,
      ->(config) { config.endpoint :b, base_url: "https://a.example", api_key: "#{key}\n" } => /endpoint b: api_key/,
      ->(config) { config.endpoint :b, base_url: "https://#{key}@a.example" } => /user name or a password/,
      ->(config) { config.endpoint :b, base_url: "https://a.example?key=#{key}" } => /has a query/,
      ->(config) { config.base_url = key } => /is not a URL/,
      ->(config) { config.api_kye = key } => /api_kye/
    }
    faults.each do |fault, message|
      expect { configure_it && described_class.configure(&fault) }.to raise_error(StandardError, message) { |error|
        expect(texts_of(error).join).not_to include(key)
      }
    end
    configure_it
    expect { described_class.config.timeout = 1 }.to raise_error(FrozenError) { |error|
      expect(texts_of(error).join).not_to include(key)
    }
  end

  it "is not in the command line or the names of threads of a process that uses it", :slow do
    skip "needs /proc" unless File.exist?("/proc/self/cmdline")
    gateway.hang
    code = <<~RUBY
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url = ARGV[0]
        config.same_vendor = :allow
        config.chain :default, %w[a/b]
      end
      Thread.new { LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }]) }
      $stdin.read
    RUBY
    command = [{ "OPENROUTER_API_KEY" => key }, RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", code]
    IO.popen([*command, gateway.base_url], "r+") do |io|
      gateway.await_requests(1)
      expect(gateway.requests.first.headers["authorization"]).to eq("Bearer #{key}")
      shown = [File.read("/proc/#{io.pid}/cmdline"), *Support.native_threads(io.pid)].join
      expect(shown).to include("llm_router")
      expect(shown).not_to include(key)
    end
  end

  [301, 302, 303, 307, 308].each do |status|
    it "goes nowhere with a redirect (#{status}), nor does anything else" do
      elsewhere = TCPServer.new("127.0.0.1", 0)
      gateway.redirect(to: "http://localhost:#{elsewhere.addr[1]}/api/v1/chat/completions", status: status)
      configure_it
      error = failure_of { ask }
      expect(error.hops.first).to have_attributes(reason: :bad_answer, status: status)
      expect(gateway.requests.size).to eq(1)
      expect(elsewhere.accept_nonblock(exception: false)).to eq(:wait_readable)
    ensure
      elsewhere.close
    end
  end
end
