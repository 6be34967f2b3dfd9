# frozen_string_literal: true

require_relative "dashboard_helper"

RSpec.describe "The page", :page, database: :sqlite do
  before { let_in }

  evil = "<script>alert('x')</script>\"'&"

  def pages
    id = DashboardHelper::RECORD::Incident.model.maximum(:id)
    budget = model.where(environment: "production").first
    ["", "/chains", "/budgets", "/incidents", "/incidents/#{id}", "/report",
     "/budgets/BudgetTable::LlmBudget/#{budget.id}"]
      .map do |path|
      get(path)
    end
  end

  it "escapes whatever a model, a chain, an endpoint, a feature, a job or a tag is called" do
    name = evil[0, 60]
    stat(calls: 40, chain: name, feature: name, model: name)
    stat(calls: 40, chain: name, feature: name, model: name, outcome: "rejected")
    stat(chain: name, feature: name, model: name, outcome: "absorbed", hops_timeout: 50)
    hops = [{ model: name, endpoint: name, reason: evil, status: evil, duration: evil, cost_usd: evil }]
    incident(chain: name, feature: name, model: name, endpoint: name, failed_model: name, reason: evil[0, 32],
             job_class: evil, job_id: evil, tags: JSON.generate(evil => evil), hops: JSON.generate(hops))
    budget = model.for(nil, feature: name)
    budget.charge!("1", attempt: LlmRouter::Attempt.new(model: evil, endpoint: evil, job_id: evil))
    in_app(<<~RUBY)
      name = #{name.inspect}
      LlmRouter.configure do |c|
        c.endpoint name, base_url: "https://example.test/v1", api_key: "key-of-evil"
        c.chain name, [{ model: name, endpoint: name }]
        c.dashboard_access { name }
      end
      LlmRouter.switch_off("<b>*", for: 60, by: name, reason: name)
    RUBY
    answers = pages
    expect(answers.map(&:code).uniq).to eq(["200"])
    answers.each { |response| expect(response.body).not_to match(/<script|<b>\*/i) }
    expect(answers.first.body).to include("&lt;script&gt;alert(&#39;x&#39;)")
    expect(answers.map(&:body).join).not_to match(/secret-key|key-of-evil/)
  end

  bad = ["page=0", "page=-1", "page=x", "page=1.5", "page=99999999999999999999", "page[]=1", "page[a]=1", "page=%FF",
         "page=1&page[]=2", "page=%", "chain=%FF", "chain[]=x", "chain=#{'x' * 5000}", "chain=%00"]
  bad.each do |query|
    it "gives a clear page for /incidents?#{query[0, 40]}" do
      incident
      response = get("/incidents?#{query}")
      expect([response.code, response.body]).to match(["400", /<p class="lead">\S|Bad Request/])
    end
  end

  %w[month=2026-13 month=2026-00 month=x month=9999999-01 month=2026-1 month=2026-11-01 month[]=2026-11 month=-1
     month=2026-11%0A month=%FF month=0000-01].each do |query|
    it "gives a clear page for ?#{query}" do
      budget = model.for(nil)
      codes = ["/report?#{query}", "/budgets/BudgetTable::LlmBudget/#{budget.id}?#{query}"].map do |path|
        get(path).code
      end
      expect(codes).to eq(%w[400 400])
    end
  end

  it "gives a clear page where there is nothing" do
    paths = ["/nothing", "/%FF", "/..", "/chains/x", "/budgets/a/b/c", "/style.css/x", "/%00"]
    expect(paths.map { |path| get(path).code }.uniq - %w[400]).to eq(["404"])
  end

  it "gives clear pages for other methods" do
    codes = %i[Put Delete Patch Options].map { |name| http(Net::HTTP.const_get(name).new(URI("#{app.url}/llm"))).code }
    expect(codes).to eq(%w[405] * 4)
    expect(http(Net::HTTP::Head.new(URI("#{app.url}/llm"))).code).to eq("200")
  end

  it "gives a clear page if any of the tables is missing" do
    in_app("LlmRouter.configure { |c| c.chain :default, %w[a/b c/d] }")
    missing = lambda do |table, *paths|
      connection.rename_table(table, :other)
      paths.map { |path| get(path).code }
    ensure
      connection.rename_table(:other, table)
    end
    expect(missing.call(:llm_call_stats, "", "/chains", "/report")).to eq(%w[503] * 3)
    expect(missing.call(:llm_incidents, "", "/incidents", "/incidents/1")).to eq(%w[503] * 3)
    expect(missing.call(:llm_budgets, "/budgets")).to eq(%w[503])
    expect(missing.call(:llm_switches, "", "/chains")).to eq(%w[503] * 2)
  end
end
