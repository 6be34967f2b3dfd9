# frozen_string_literal: true

require_relative "doctor_helper"
require "llm_router/testing"

RSpec.describe LlmRouter::Doctor do
  # A check of the examples' own.
  def check(limit = 5.0, &)
    Class.new(described_class::Check) do
      const_set(:LIMIT, limit)
      define_singleton_method(:name) { "LlmRouter::Doctor::HealthStore" }
      define_method(:examine, &)
    end
  end

  def report_of(*checks) = described_class::Runner.new(checks, LlmRouter.config).report
  def lines(report) = report.to_s.lines.map(&:chomp)

  # Those of the specs, whose database is not there now.
  before do
    require "llm_router/budget"
    allow(LlmRouter::Budget).to receive(:models).and_return([])
  end

  it "examines all that it has, with the gateway of testing!, without another machine" do
    configure(base_url: "https://openrouter.ai/api/v1", api_key: nil)
    LlmRouter.testing! { |gateway| gateway.answer("Hi", cost_usd: "0.01") }
    report = LlmRouter.doctor
    expect(report.findings.select { |finding| finding.level == :red }).to eq([])
    expect(report.findings.map(&:check).uniq).to match_array(described_class::CHECKS.map do |name|
      described_class.const_get(name).title
    end)
    expect(report).to be_ok
    expect(report.seconds).to be < 10
    expect(report.to_s).to match(/^green  rungs: anthropic\S+ exists, at 1 provider$/)
    expect(report.to_s).to match(/^\d+ green, \d+ yellow, 0 red, in \d+\.\d s\z/)
  end

  it "is a line for each finding, and is green, yellow or red as the worst" do
    report = report_of(check { green("fine\nindeed\e[31m") }, check { yellow("hm", "Do this") })
    expect(lines(report).first(2)).to eq(["green  health store: fine indeed [31m", "yellow health store: hm. Do this"])
    expect([report.level, report.ok?]).to eq([:yellow, true])
    report = report_of(check { red("no", "Do that") }, check { green("fine") })
    expect([report.level, report.ok?]).to eq([:red, false])
  end

  it "says so when the time of a check is up, and leaves its thread alone" do
    gate = Queue.new
    ended = Queue.new
    slow = check(0.05) do
      gate.pop
      ended << :ended
    end
    report = report_of(slow, check { green("fine") })
    expect(lines(report).first(2)).to eq(["yellow health store: not known: no result within 0.05 s. Run it again",
                                          "green  health store: fine"])
    expect(report.findings.first).to have_attributes(known: false)
    gate << true
    expect(ended.pop).to eq(:ended)
  end

  it "keeps what a check had found when its time was up, or it raised" do
    gate = Queue.new
    # Long enough for a thread to begin on a busy machine.
    slow = check(2) { yellow("half", "Do this") && gate.pop }
    report = report_of(slow, check { red("no", "Do that") && raise("x") })
    gate << true
    expect(report.findings.map(&:message)).to match(["half", /no result within 2 s/, "no", /the check raised/])
    expect(report).not_to be_ok
  end

  it "reports although the app's database has no configuration" do
    allow(LlmRouter::DatabaseConnections).to receive(:release).and_raise("Could not load database configuration")
    expect(report_of(check { green("fine") }).findings.map(&:message)).to eq(["fine"])
  end

  it "counts a check when it has ended, whatever its place" do
    steps = Queue.new
    progress = instance_double(LlmRouter::Progress)
    allow(progress).to receive(:step) { steps << true }
    allow(LlmRouter::Progress).to receive(:of) { |*_, &block| block.call(progress) }
    report = report_of(check { steps.pop && green("first") }, check { green("second") })
    expect(report.findings.map(&:message)).to eq(%w[first second])
  end

  it "runs checks side by side" do
    first, second = Queue.new, Queue.new # rubocop:disable Style/ParallelAssignment
    report = report_of(check { first.push(1) && second.pop && green("a") }, check do
                                                                              second.push(1) && first.pop && green("b")
                                                                            end)
    expect(report.findings.map(&:message)).to eq(%w[a b])
  end

  it "names the error of a check, without its message" do
    report = report_of(check { raise ArgumentError, "sk-secret" }, check { Integer("sk-secret") })
    expect(report.to_s).to match(/not known: the check raised ArgumentError \(.*runner_spec\.rb/)
    expect(report.to_s).not_to include("sk-secret")
  end

  it "becomes JSON" do
    parsed = JSON.parse(report_of(check { red("no", "Do that") }).to_json)
    expect(parsed).to include("ok" => false, "level" => "red", "seconds" => Float)
    expect(parsed["findings"]).to eq([{ "check" => "health store", "level" => "red", "message" => "no",
                                        "advice" => "Do that", "known" => true }])
  end

  it "shows no key and no header" do
    key = "sk-or-v1-0123456789abcdef"
    with_gateway(api_key: key) do
      configure(api_key: key, headers: { "X-Pass" => "pass-4711" }) do |config|
        config.endpoint :groq, base_url: "https://a.example", api_key: "#{key}-2"
        config.chain :default, ["a/b", { model: "c", endpoint: :groq }]
      end
      gateway.key(label: key, limit: 1, limit_remaining: 1)
      shown = LlmRouter.doctor.to_json
      expect(shown).not_to include(key)
      expect(shown).not_to include("pass-4711")
    end
  end

  describe "on a terminal" do
    # A stream that is a terminal, or none.
    def stream(tty) = StringIO.new(+"").tap { |io| io.define_singleton_method(:tty?) { tty } }

    def printed(tty, env = {})
      stub_const("ENV", ENV.to_h.except("NO_COLOR").merge("TERM" => "xterm", **env))
      out = stream(tty)
      described_class::Terminal.print(report_of(check { red("no", "Do that") }), out: out)
      out.string
    end

    it "is coloured, but not in a pipe, with NO_COLOR, or where it is dumb" do
      expect(printed(true)).to match(/\A\e\[31mred\e\[0m    health store: no\. Do that\n0 green, 0 yellow, 1 red/)
      plain = /\Ared    health store: no\. Do that\n/
      expect(printed(false)).to match(plain)
      expect(printed(true, { "NO_COLOR" => "1" })).to match(plain)
      expect(printed(true, { "TERM" => "dumb" })).to match(plain)
      expect(printed(true, { "NO_COLOR" => "" })).to start_with("\e[31m")
    end
  end
end
