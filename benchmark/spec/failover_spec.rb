# frozen_string_literal: true

require "open3"
require "llm_router/notifications"
require "llm_router/testing/gateway"
require_relative "../failover/conduct"
require_relative "../failover/profile"
require_relative "../failover/scenario"
require_relative "../failover/stage"

RSpec.describe "bin/failover" do
  def failover(*arguments)
    program = File.expand_path("../../bin/failover", __dir__)
    Open3.capture3({ "RUBYOPT" => nil }, program, *arguments)
  end

  # The cells of each scenario's row.
  def rows(output)
    output.lines.grep(/^\| (?!scenario)/).map { |line| line.chomp.split("|").map(&:strip).drop(1) }
  end

  it "passes every scenario in the quick profile" do
    output, errors, status = failover("--quick")
    expect([status.exitstatus, errors]).to eq([0, ""]), errors + output
    expect(rows(output).to_h { |name, *, checks, result| [name, [checks, result]] }).to include(
      "429 with Retry-After", "429 with Retry-After, `retries: 1`", "500 once", "500 once, `retries: 1`",
      "persistent 503", "connection reset", "silence", "slow start", "cut body", "stalled body", "malformed JSON",
      "context length exceeded", "context length exceeded, `context:` of both", "content filter", "flapping primary",
      "accounting"
    ).and(satisfy { |found| found.values.uniq == [["7 of 7", "pass"]] })
  end

  it "ends with status 1 and says what is wrong where a check fails" do
    program = "require 'llm_router'; LlmRouter::Log.prepend(Module.new { def fallback(*) = nil }); " \
              "ARGV.replace(%w[--quick --only reset]); load 'benchmark/failover.rb'"
    output, errors, status = Open3.capture3({ "RUBYOPT" => nil }, RbConfig.ruby, "-I", "lib", "-e", program)
    expect(status.exitstatus).to eq(1)
    expect(errors).to match(/^FAILED: connection reset, words: not in the log: /)
    expect(rows(output).map(&:last)).to eq(["FAIL"])
  end

  describe "its checks" do
    # A primary that failed for three calls, cooled down for ten seconds, failed a probe, and then answered.
    let(:arrivals) { [[1, 0.0], [2, 0.1], [3, 0.2], [5, 10.3], [6, 20.4]] }
    let(:cooldowns) { [[0.2, 10.0], [10.3, 10.0]] }
    let(:charges) { [*["0.003"] * 5, "0.002"].map { |usd| BigDecimal(usd) } }
    let(:billed) { ["0.002", "0.015"] }
    let(:backup) { [1, 2, 3, 4, 5].map { |call| [call, call] } }
    let(:log) { outcomes.flat_map(&:hops).map(&:to_s) }
    let(:back) { 2.0 }
    let(:rung) { {} }
    let(:retry_after) { nil }

    def outcomes
      cooling = hop(:cooling_down, nil)
      hops = [*[hop(:unavailable, 503)] * 3, cooling, hop(:unavailable, 503), nil]
      [0.01, 0.11, 0.21, 5, 10.31, 20.41].zip(hops).each.with_index(1).map do |(ended_at, hop), call|
        cost = BigDecimal(hop ? "0.003" : "0.002")
        response = Struct.new(:endpoint, :hops, :cost_usd).new(hop ? "backup" : "primary", [hop].compact, cost)
        Failover::Outcome.new(call, response, nil, ended_at)
      end
    end

    def hop(reason, status)
      LlmRouter::Hop.new(model: "a/b", endpoint: "primary", reason: reason, status: status, message: "", duration: 0.01,
                         retry_after: retry_after)
    end

    def gateway(arrivals, billed)
      requests = arrivals.map do |call, at|
        Struct.new(:headers, :received_at).new({ "x-failover-call" => call.to_s }, at)
      end
      Struct.new(:requests, :billed_usd).new(requests, BigDecimal(billed))
    end

    def observer
      times = cooldowns.map { |at, seconds| Failover::Cooldown.new(at, seconds) }
      Struct.new(:cooldowns, :hops, :log).new(times, outcomes.flat_map(&:hops), log.join("\n"))
    end

    def stage
      Struct.new(:primary, :backup, :outcomes, :observer, :budget, :profile)
            .new(gateway(arrivals, billed[0]), gateway(backup, billed[1]), outcomes, observer,
                 Struct.new(:charges).new(charges), Failover::FULL)
    end

    def wrong
      Failover::Conduct.new(stage, rung: rung, threads: 1, back: back).faults.compact.keys
    end

    it "find nothing wrong with a router that behaves" do
      expect(wrong).to be_empty
    end

    {
      "a primary that is called in a hurry" => [:arrivals, [3, 0.21], %w[hammering attempts]],
      "a model that gets a third request of a call" => [:backup, [4, 4.1], [4, 4.2], %w[attempts]],
      "a request during a cooldown" => [:arrivals, [4, 5.0], %w[probes]],
      "two probes at once" => [:arrivals, [4, 10.31], %w[probes]],
      "an answer that is charged twice" => [:charges, BigDecimal("0.003"), %w[money]]
    }.each do |what, (list, *more, names)|
      it "see #{what}" do
        public_send(list).push(*more)
        expect(wrong).to eq(names)
      end
    end

    it "see a bill that nobody was charged" do
      billed[1] = "0.018"
      expect(wrong).to eq(%w[money])
    end

    it "see a hop that is not in the log" do
      log.delete_if { |line| line.include?("unavailable") }
      expect(wrong).to eq(%w[words])
    end

    describe "of a rung with retries" do
      let(:rung) { { retries: 1 } }
      let(:retry_after) { 1.0 }

      it "see a retry that does not wait" do
        arrivals.push([3, 1.1])
        expect(wrong).to eq(%w[attempts])
      end

      it "find nothing wrong with one that does" do
        arrivals.push([3, 1.3])
        expect(wrong).to be_empty
      end
    end

    describe "where the primary stays away" do
      let(:back) { 30.1 }

      it "see it" do
        expect(wrong).to eq(%w[back])
      end
    end
  end

  describe "its check of the outcome" do
    # What it says of a primary that fails once, after which the block may do more.
    def outcome(wants, status: 503, **options)
      scenario = Failover::Scenario.new("it", "fails once", wants: wants, **options) do |stage|
        stage.primary.fail(status: status, times: 1)
        yield stage if block_given?
      end
      scenario.profile = Failover::QUICK
      scenario.run.faults.fetch("outcome")
    end

    it "finds nothing wrong with a call that ends as it is to" do
      expect(outcome({ by: :backup, hops: [:unavailable], requests: 1 })).to be_nil
      expect(outcome({ by: :nobody, hops: [:rejected], error: LlmRouter::RequestRejected }, status: 400)).to be_nil
    end

    {
      "another model" => { by: :primary },
      "another reason" => { hops: [:rate_limited] },
      "another hop" => { hops: %i[unavailable unavailable] },
      "another number of requests" => { requests: 2 },
      "an answer in place of an error" => { error: LlmRouter::ChainExhausted }
    }.each do |what, wants|
      it "sees #{what}" do
        expect(outcome(wants)).to match(/\A\{.*\}, where \{.*\} was to be\z/)
      end
    end

    it "sees another error" do
      expect(outcome({ error: LlmRouter::ChainExhausted }, status: 400)).to include("RequestRejected}, where")
    end

    it "sees a later call that nobody answered" do
      unanswered = outcome({ error: LlmRouter::RequestRejected }, status: 400) do |stage|
        stage.primary.fail(status: 400, times: 1)
        stage.call
      end
      expect(unanswered).to eq("1 calls were not answered")
    end

    it "says what the scenario itself found" do
      expect(outcome({ by: :backup }) { |stage| stage.complain("two answers") }).to eq("two answers")
    end
  end

  it "says what it takes" do
    _, errors, status = failover("--fast")
    expect([errors, status.success?]).to match([include("invalid option: --fast", "usage: bin/failover"), false])
  end
end
