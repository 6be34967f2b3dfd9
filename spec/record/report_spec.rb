# frozen_string_literal: true

require_relative "record_helper"

RSpec.describe LlmRouter::CallRecord::Report do
  # Not of this month, which may be a minute old.
  def report = LlmRouter::CallRecord.report((Time.now - 3600)..(Time.now + 3600), environment: "production")

  def add(**row)
    columns = { starts_at: Time.now - 300, chain: "c", feature: "", environment: "production", model: "a/b",
                outcome: "answered" }
    connection.execute(LlmRouter::CallRecord::Stat.insert(connection, [columns.merge(row)]))
  end

  %i[postgresql mariadb sqlite].each do |database|
    describe "on #{database}", database: database do
      it "is what one computes by hand from the rows of calls that were made" do
        record
        gateway.fail(Support::PRIMARY, status: 503)
        gateway.answer("Hi", Support::SECONDARY, cost_usd: "0.00012749999999999998")
        4.times { ask(feature: :draft) }
        gateway.fail(Support::PRIMARY, status: 400)
        LlmRouter.reset_health!
        failure_of { ask(feature: :summarize) }
        flush
        by_hand = RecordHelper::ByHand.new(LlmRouter::CallRecord::Stat.model.all.to_a).report
        expect(report.to_h.except(:from, :to, :outages, :verdict)).to eq(by_hand)
        expect(by_hand).to include(calls: 5, failures: 4, transient: 3, troubled: 5, absorbed: 4,
                                   rejected: { "summarize" => 1 }, cost_usd: "0.00050999999999999992")
        expect(JSON.parse(JSON.generate(report.to_h))["verdict"]).to match(/\Atoo few failures to say \(\d\)\z/)
      end

      it "finds outages, with what was absorbed" do
        start = Time.at(Time.now.to_i / 300 * 300) - 3600
        add(starts_at: start, outcome: "absorbed", hops_unavailable: 3)
        add(starts_at: start, calls: 3)
        add(starts_at: start + 900, outcome: "absorbed", hops_cooling_down: 20)
        add(starts_at: start + 900, outcome: "lost", hops_timeout: 2)
        add(starts_at: start + 1200, outcome: "absorbed", hops_timeout: 3)
        add(starts_at: start + 1200, calls: 4)
        add(starts_at: start + 1500, outcome: "absorbed", hops_timeout: 2)
        found = LlmRouter::CallRecord.report((start - 1)..Time.now, environment: "production").outages
        expect(found).to contain_exactly(have_attributes(model: "a/b", from: start, to: start + 1200, failures: 25,
                                                         absorbed: 23))
      end

      it "ends an outage where the model answered, and keeps models apart" do
        start = Time.at(Time.now.to_i / 300 * 300) - 3600
        [0, 300, 900].each do |later|
          %w[a/b c/d].each { |model| add(starts_at: start + later, model: model, outcome: "lost", hops_timeout: 3) }
        end
        add(starts_at: start + 600, calls: 1)
        found = LlmRouter::CallRecord.report((start - 1)..Time.now, environment: "production").outages
        expect(found.map { |outage| [outage.model, outage.from - start, outage.to - start, outage.failures] })
          .to contain_exactly(["a/b", 0, 600, 6], ["a/b", 900, 1200, 3], ["c/d", 0, 1200, 9])
      end

      it "reads the table once, and once more for the outages" do
        add(calls: 3, cost_usd: "0.000000000000000000000000000001")
        report.to_s
        statements = []
        subscriber = ActiveSupport::Notifications.subscribe("sql.active_record") do |*, payload|
          statements << payload[:sql] if payload[:sql].include?("SUM")
        end
        expect([report.to_s, statements.size]).to match([/^3 calls, 0\.0{29}1 USD$/, 2])
      ensure
        ActiveSupport::Notifications.unsubscribe(subscriber)
      end
    end
  end

  describe "on MariaDB", database: :mariadb do
    it "goes by the index for a month, and not for a year" do
      indexed = %w[2026-11 2026].map do |period|
        rows = LlmRouter::CallRecord.report(period, environment: "production")
        sums = round_trips { expect([rows.calls, rows.outages]).to eq([0, []]) }.grep(/SUM/)
        sums.map { |sql| sql.include?("FORCE INDEX") }
      end
      expect(indexed).to eq([[true, true], [false, false]])
    end
  end

  describe "its verdict", database: :sqlite do
    it "holds where failures are transient and absorbed" do
      add(calls: 100, troubled: 30)
      add(outcome: "absorbed", hops_unavailable: 30)
      add(outcome: "rejected", calls: 1, troubled: 1)
      add(outcome: "lost", hops_rejected: 1)
      expect(report.verdict).to eq("holds here: 96 % of 31 failures were transient, and the chain absorbed 96 % of " \
                                   "the 31 calls with a failure")
    end

    it "does not hold where the requests are at fault, and says whose" do
      add(outcome: "rejected", feature: "summarize", calls: 41, troubled: 41, model: "")
      add(outcome: "lost", feature: "summarize", hops_rejected: 41)
      add(outcome: "absorbed", hops_timeout: 59)
      expect(report.verdict).to eq("does not hold here: 41 % of your 100 failures are rejected requests (4xx) from " \
                                   ":summarize; read your prompts")
    end

    it "does not hold where answers are refused, which is no transient failure" do
      add(calls: 40, troubled: 40)
      add(outcome: "absorbed", hops_unacceptable: 40)
      expect(report.verdict).to eq("does not hold here: 100 % of your 40 failures are unacceptable; read what accept " \
                                   "refuses")
    end

    it "does not hold where the chain absorbs too little" do
      add(outcome: "exhausted", model: "", calls: 40, troubled: 40)
      add(outcome: "lost", hops_unavailable: 40)
      expect(report.verdict).to match(/\Adoes not hold here: the chain absorbed only 0 % of the 40 calls/)
    end

    it "rounds shares down, and no share to another than by hand" do
      add(calls: 10_000, troubled: 10_000)
      add(outcome: "rejected", feature: "f", calls: 1, troubled: 4, model: "")
      add(outcome: "lost", hops_unacceptable: 29)
      add(outcome: "absorbed", hops_timeout: 71)
      expect(report.verdict).to include("29 % of your 100 failures")
      expect(report.to_s).to include("71 (71.0 %) transient", "10000 (99.9 %) absorbed", "1 (0.0 %) of all")
    end

    it "does not say that the chain absorbed what no call had" do
      add(outcome: "absorbed", hops_timeout: 30)
      expect(report.verdict).to eq("too few failures to say (no call with a failure in this time)")
    end

    it "says so where there are too few failures" do
      add(outcome: "absorbed", hops_timeout: 12)
      expect(report.verdict).to eq("too few failures to say (12)")
      expect(report.to_s).to include("12 failed attempts, 12 (100.0 %) transient")
    end

    days = ->(from, to) { Time.new(*from)...Time.new(*to) }
    {
      "2026-11" => days[[2026, 11], [2026, 12]], "2026-12" => days[[2026, 12], [2027]], "2024" => days[[2024], [2025]],
      "2026-11-28" => days[[2026, 11, 28], [2026, 11, 29]], "2024-02-01..2024-02-29" => days[[2024, 2], [2024, 3]],
      "2026-11-01..2026-11-28" => days[[2026, 11], [2026, 11, 29]], "2026-10..2026-11" => days[[2026, 10], [2026, 12]],
      " 2025 .. 2026-02 " => days[[2025], [2026, 3]]
    }.each do |given, period|
      it("takes #{given.inspect}") { expect(LlmRouter::CallRecord.report(given).period).to eq(period) }
    end

    it "is of this month unless a time is given" do
      travel_to(Time.utc(2026, 11, 28, 12))
      expect(LlmRouter::CallRecord.report.period).to eq(days[[2026, 11], [2026, 12]])
    end

    ["2026-13", "2026-02-30", "", "..", "2026-11-01..", "..2026-11", "2026-11...2026-12", "2026-11-01..soon", "99",
     "2026-11-01..2026-11-02..2026-11-03", "2026-11; DROP TABLE llm_call_stats", "２０２６-11"].each do |given|
      it "refuses #{given.inspect}, and says what to give" do
        expect { LlmRouter::CallRecord.report(given) }.to raise_error(ArgumentError, /is no month: give one/)
      end
    end

    it "refuses what ends before it begins, and takes what is empty" do
      ["2026-11-28..2026-11-01", Date.new(2026, 11, 2)...Date.new(2026, 11, 1)].each do |given|
        expect { LlmRouter::CallRecord.report(given) }.to raise_error(ArgumentError, /ends before it begins/)
      end
      day = Date.new(2026, 11, 1)
      expect([day...day, (Time.now + 60)..].map { |given| LlmRouter::CallRecord.report(given).calls }).to eq([0, 0])
    end

    it "says which table is missing" do
      name = LlmRouter::CallRecord::Stat.name
      connection.rename_table(name, "elsewhere")
      expect { report.to_s }.to raise_error(LlmRouter::Database::TablesMissing, /llm_call_stats: no such table .* Run/)
    ensure
      connection.rename_table("elsewhere", name)
    end

    it "refuses what is no month" do
      expect { LlmRouter::CallRecord.report("2026-13") }.to raise_error(ArgumentError, /is no month: give one/)
    end
  end
end
