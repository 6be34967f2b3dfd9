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
    answers = %i[Put Delete Patch Options].product(["", "/style.css"]).map do |name, path|
      http(Net::HTTP.const_get(name).new(URI("#{app.url}/llm#{path}")))
    end
    expect(answers.map { |response| [response.code, response["allow"]] }.uniq).to eq([["405", "GET, HEAD"]])
    expect(get("/switches")["allow"]).to eq("POST")
    expect(http(Net::HTTP::Head.new(URI("#{app.url}/llm"))).code).to eq("200")
  end

  # As far as the app knows: SQLite's statements keep the names of their columns.
  def restart_database
    in_app("ActiveRecord::Base.connection_pool.disconnect!; " \
           "LlmRouter::CallRecord::Incident.model.reset_column_information")
  end

  it "gives a clear page if a table has fewer columns" do
    id = incident
    %w[llm_incidents.provider llm_incidents.hops llm_call_stats.troubled].each do |column|
      table, name = column.split(".")
      connection.rename_column(table, name, "other")
      restart_database
      codes = ["/incidents/#{id}", "/report"].map { |path| get(path).code }
      expect(codes).to contain_exactly("200", "503")
    ensure
      connection.rename_column(table, "other", name)
      restart_database
    end
  end

  it "shows an incident whose hops have other types" do
    hops = [{ model: {}, endpoint: [], reason: [1], status: {}, duration: {}, cost_usd: [] }, { duration: true }, 7]
    expect(get("/incidents/#{incident(hops: JSON.generate(hops))}").code).to eq("200")
  end

  it "is in English and in the app's time zone, whatever the thread has" do
    in_app(<<~RUBY)
      I18n.backend.store_translations(:en, support: { array: { two_words_connector: " und " } })
      LlmRouter.configure { |c| c.chain :default, %w[a/b c/d] }
      Time.zone_default = Time.find_zone!("America/Los_Angeles")
    RUBY
    %w[a/b c/d].each { |model| stat(model: model, outcome: "lost", hops_timeout: 3) }
    expect(get.body).to include("a/b and c/d are failing")
    began = Time.now.utc.beginning_of_month.prev_month(2)
    stat(starts_at: began + 3600, calls: 1)
    in_app('LlmRouter.configure { |c| c.dashboard_access { Time.zone = "Tokyo" } }')
    expect(get("/report").body).to include("<option>#{began.prev_month.strftime('%Y-%m')}</option>")
  ensure
    in_app("I18n.reload!; Time.zone_default = Time.find_zone!('UTC')")
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

RSpec.describe "The page", :page, database: :mariadb do
  before { let_in }

  it "gives a clear page for a filter that the connection's encoding lacks" do
    budget = model.for(nil)
    paths = ["/incidents?chain", "/budgets/BudgetTable::LlmBudget/#{budget.id}?model"]
    answers = paths.map { |path| get("#{path}=%F0%9F%98%80") }
    expect(answers.map(&:code).uniq - %w[200]).to eq(%w[400]).or eq([])
    expect(answers.map(&:body).join).not_to include("did not answer")
  end
end
