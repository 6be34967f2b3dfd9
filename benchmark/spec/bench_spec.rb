# frozen_string_literal: true

require "open3"
require_relative "../bench/figures"
require_relative "../bench/report"

RSpec.describe "bin/bench" do
  root = File.expand_path("../..", __dir__)

  it "compares, checks every answer and every charge, and prints tables with ratios and aims" do
    skip "needs Linux" unless RUBY_PLATFORM.include?("linux")

    results = File.join(root, "benchmark/RESULTS.md")
    before = File.read(results)
    output, status = Open3.capture2e({ "RUBYOPT" => nil }, File.join(root, "bin/bench"), "--quick", "S1", "S8", "S9")
    expect(status).to be_success, output
    expect(output).to include("| client | µs of CPU a call | least to most | × raw reqwest on tokio | × net_http |")
    expect(output).to match(/^\| llm_router \| [\d.]+ \| [\d.]+ to [\d.]+ \| [\d.]+ \| [\d.]+ \|/)
    expect(output).to match(/^- against net_http: [\d.]+$/)
    with_a_row = /^\| llm_router_row \| [\d.]+ \| [\d.]+ to [\d.]+ \| [\d.]+ \| [\d.]+ to [\d.]+ \| [\d.]+ \| [\d.]+ \|/
    expect(output.scan(with_a_row).size).to eq(3)
    expect(output).to match(/^- against llm_router_unlimited: [\d.]+$/)
    expect(File.read(results)).to eq(before)
  end

  describe "its figures" do
    def figures(id, **took)
      scenario = Bench.scenarios(ruby: "3.1").find { |one| one.id == id }
      Bench::Figures.new(scenario).tap do |figures|
        took.each { |name, all| all.each { |cpu, wall| figures.add(name.to_s, { calls: 10, cpu: cpu, wall: wall }) } }
      end
    end

    it "are the medians of the rounds, and their ratios" do
      s1 = figures("S1", llm_router: [[0.002, 1], [0.001, 1], [0.009, 1]], net_http: [[0.004, 1], [0.005, 1]])
      expect(s1.median("llm_router")).to be_within(1e-6).of(200)
      expect(s1.ratio("llm_router", "net_http")).to be_within(1e-6).of(200 / 450.0)
      expect(s1.goals).to match([["against net_http", be_within(1e-6).of(200 / 450.0), "≤ 0.45×", true]])
    end

    it "are printed beside their goals, but not by a quick run" do
      s1 = figures("S1", llm_router: [[0.002, 1]], net_http: [[0.004, 1]])
      printed = ->(**options) { Bench::Report.new([], 1, **options).scenario(s1).lines.last }
      expect([printed.call, printed.call(judges: false)])
        .to eq(["- against net_http: **0.500** (aim ≤ 0.45×): MISSED", "- against net_http: 0.500"])
    end

    it "want more of a rate, and less of a cost" do
      s5 = figures("S5", llm_router: [[1, 1]], net_http: [[1, 2]], faraday: [[1, 2]])
      expect(s5.goals.map(&:last)).to eq([true, false])
    end

    it "say what a call with a budget row takes, beside one without, by the clock" do
      s8 = figures("S8", llm_router_row: [[0.002, 0.004]], llm_router_unlimited: [[0.001, 0.001]])
      expect(s8.columns.keys).to eq(["µs a call", "µs of CPU a call"])
      expect(s8.goals).to match([["against llm_router_unlimited", be_within(1e-6).of(4), "≤ 5×", true]])
    end

    it "say what part of the ideal rate was reached" do
      share = figures("S2", llm_router: [[1, 10 * 0.05 / 64 / 0.95]]).goals.last
      expect(share).to match(["share of the ideal rate", be_within(1e-6).of(0.95), "≥ 0.94", true])
    end
  end
end
