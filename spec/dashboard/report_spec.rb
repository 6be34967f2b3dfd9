# frozen_string_literal: true

require_relative "dashboard_helper"

RSpec.describe "The report on the page" do
  %i[postgresql mariadb sqlite].each do |database|
    describe "on #{database}", :page, database: database do
      before { let_in }

      it "says what LlmRouter::CallRecord.report says" do
        at = Time.utc(2026, 3, 10)
        stat(starts_at: at, calls: 100, troubled: 40, fallbacks: 40, cost_usd: BigDecimal("1.25"))
        stat(starts_at: at - 300, outcome: "absorbed", hops_unavailable: 40, milliseconds: 8000,
             cost_usd: BigDecimal("0.004"))
        stat(starts_at: at, calls: 1, outcome: "rejected", feature: "summarize", model: "", troubled: 1)
        stat(starts_at: at, outcome: "lost", feature: "summarize", hops_rejected: 1)
        report = LlmRouter::CallRecord.report("2026-03", environment: "production")
        shown = words(get("/report?month=2026-03"))
        expect(shown).to include("#{report.verdict.upcase_first}.", "Calls 101", "Failed attempts 41", "Cost $1.25",
                                 "Of it failed attempts $0.0040 8.00 s", "unavailable 40", "summarize 1")
        expect(report.outages.size).to eq(1)
        expect(shown).to match(/Outages .* #{Support::PRIMARY} \d+ \w+ [\d:]+ \d+ \w+ [\d:]+ 40 100 %/)
      end

      it "shows all pages" do
        stat(calls: 1)
        id = incident
        budget = model.for(nil).tap { |row| row.charge!("1") }
        in_app("LlmRouter.configure { |c| c.chain :default, #{Support::CHAIN.inspect} }")
        paths = ["", "/chains", "/budgets", "/budgets/BudgetTable::LlmBudget/#{budget.id}", "/incidents?reason=timeout",
                 "/budgets/BudgetTable::LlmBudget/#{budget.id}.csv?month=2026-01", "/incidents/#{id}", "/report"]
        expect(paths.map { |path| get(path).code }.uniq).to eq(["200"])
        expect(%w[/incidents?reason=%FF /incidents?reason=%00 /budgets?x=%00].map { |path| get(path).code })
          .to eq(%w[400 400 200])
      end
    end
  end

  describe "for a month", :page, database: :sqlite do
    before { let_in }

    it "offers those that have statistics" do
      stat(calls: 1, starts_at: Time.now.utc.beginning_of_month - (40 * 86_400))
      months = get("/report").body.scan(%r{<option(?: selected)?>(\d{4}-\d\d)</option>}).flatten
      expect(months).to eq(Array.new(3) { |back| Time.now.utc.to_date.prev_month(back).strftime("%Y-%m") })
    end

    it "is of the one that is chosen" do
      stat(calls: 7, starts_at: Time.utc(2026, 3, 10))
      expect(words(get("/report?month=2026-03"))).to include("Report of March 2026", "Calls 7")
    end
  end
end
