# frozen_string_literal: true

require_relative "dashboard_helper"

RSpec.describe "The pages of budgets", :page, database: :sqlite do
  before { let_in }

  def spend(usd, owner: nil, cap: "10", **columns)
    budget = model.for(owner, **columns.slice(:feature))
    budget.update!(cap_usd: cap, **columns.slice(:period))
    budget.charge!(usd, attempt: LlmRouter::Attempt.new(model: "a/b", endpoint: "openrouter", cost_basis: :billed,
                                                        job_id: "job-1", **columns.slice(:generation_id, :tags)))
    budget
  end

  def path(budget) = "/budgets/BudgetTable::LlmBudget/#{budget.id}"

  def rows(response)
    response.body.scan(%r{<tr>\n<td.*?</tr>}m).map { |row| CGI.unescapeHTML(row.gsub(/<[^>]+>/, " ")).squish }
  end

  it "list them by how near to the cap they are" do
    spend("2", feature: :draft)
    spend("9", owner: organization, cap: "9.5").reserve!("0.25", key: "job/1")
    spend("50", feature: :free, cap: nil)
    shown = rows(get("/budgets"))
    expect(shown.map { |row| row[/\A(The app|\S+)/] }).to eq(["BudgetTable::Organization/#{organization.id}", "The app",
                                                              "The app"])
    expect(shown.first).to include("97.3 % $9.00 $0.25 $9.50")
    expect(shown[1]).to include("draft, monthly 20 % $2.00 – $10.00")
    expect(shown.last).to include("free, monthly no cap $50.00 – –")
  end

  it "say what is spent at the end of a period, if it goes on like that" do
    spend("1", period: "daily")
    # What it is at a moment of the day, in whose first minutes it sinks fast.
    daily = -> { 86_400 / [Time.now - Time.now.utc.beginning_of_day, 1].max }
    most = daily.call
    forecast = rows(get("/budgets")).first[/\$([\d.,]+)\z/, 1].delete(",").to_f
    expect(forecast).to be_between(daily.call - 0.01, most + 0.01)
  end

  it "say so if there is none" do
    expect(words(get("/budgets"))).to include("There is no budget yet in production.")
  end

  it "show a budget's charges, exactly, by what one filters for" do
    budget = spend("0.00012749999999999998")
    expect(words(get(path(budget)))).to include("a/b at openrouter cost job-1 – – 0.00012749999999999998")
    month = Time.now.utc.strftime("%Y-%m")
    found = ["model=a/b", "model=x", "job_id=job-1", "job_id=x", "kind=cost", "kind=estimate", "month=#{month}",
             "month=2020-01"].map { |query| rows(get("#{path(budget)}?#{query}")).size }
    expect(found).to eq([1, 0] * 4)
  end

  it "give them as CSV, in which no cell is a formula" do
    budget = spend("0.5", generation_id: "=HYPERLINK(\"http://evil.test\")", tags: { "a" => "b,\"c\"" })
    csv = get("#{path(budget)}.csv")
    expect(csv["content-type"]).to start_with("text/csv")
    expect(csv["content-disposition"]).to match(/attachment; filename="charges-\d+\.csv"/)
    header, row = csv.body.split("\r\n")
    expect(header).to start_with('"created_at","kind","cost_usd","model"')
    expect(row).to include('"cost","0.5","a/b"', %q("'=HYPERLINK(""http://evil.test"")"), '"{""a"":""b,\""c\""""}"')
    expect(get("#{path(budget)}.csv?model=x").body.lines.size).to eq(1)
  end

  it "refuse budgets that are not there" do
    budget = spend("1")
    other = model.for(nil, environment: "staging")
    [path(other), "#{path(budget)}x", "/budgets/Kernel/#{budget.id}", "/budgets/BudgetTable::LlmBudget/#{'9' * 40}",
     "/budgets/BudgetTable::Organization/1", "/budgets/x/../1"].each do |path|
      expect(get(path).code).to eq("404")
    end
  end
end

RSpec.describe "CSV cells" do
  it "begin no formula, whatever a name is" do
    written = output_of(<<~RUBY)
      require "active_support/all"
      require "bigdecimal"
      class LlmRouter; class Dashboard; end; end
      require "llm_router/dashboard/csv"
      cells = ["=1", "+1", "-1+2", "@x", "\\t=1", " =1", "\\r=1", "＝1", "-0.5", BigDecimal("-0.5"), "a-b", "\\xFF", nil]
      puts cells.map { |value| LlmRouter::Dashboard::Csv.cell(value) }
    RUBY
    expect(written.b.split("\n").map { |cell| cell.force_encoding("UTF-8") })
      .to eq(["\"'=1\"", "\"'+1\"", "\"'-1+2\"", "\"'@x\"", "\"'\t=1\"", "\"' =1\"", "\"'\r=1\"", "\"'＝1\"", '"-0.5"',
              '"-0.5"', '"a-b"', "\"\uFFFD\"", '""'])
  end

  it "begin none behind quotes, unseen characters or the separator of another country" do
    written = output_of(<<~'RUBY')
      require "active_support/all"
      require "bigdecimal"
      class LlmRouter; class Dashboard; end; end
      require "llm_router/dashboard/csv"
      ['"=1', "'=1", "\u200B=1", "\uFEFF+1", "\u0001@x", "a;=1", "a; \"-1", "a\t@x", "a;b", '{"a":"-5"}'].each do |value|
        puts LlmRouter::Dashboard::Csv.cell(value)
      end
    RUBY
    expect(written.force_encoding("UTF-8").lines(chomp: true))
      .to eq(["\"'\"\"=1\"", "\"''=1\"", "\"'\u200B=1\"", "\"'\uFEFF+1\"", "\"'\u0001@x\"", "\"a;'=1\"",
              "\"a; \"\"'-1\"", "\"a\t'@x\"", '"a;b"', '"{""a"":""-5""}"'])
  end
end
