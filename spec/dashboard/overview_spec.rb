# frozen_string_literal: true

require_relative "dashboard_helper"

RSpec.describe "The overview", :page, database: :sqlite do
  before { let_in }

  def chain
    in_app("LlmRouter.configure { |c| c.chain :default, #{Support::CHAIN.inspect} }")
  end

  def took(counts) = counts.transform_keys { |bound| :"took_#{bound}" }

  def condition = get.body[%r{<p class="condition \w+" role="status">([^<]*)</p>}, 1]

  it "says so if all is quiet, all is well, or calls got no answer" do
    expect(condition).to eq("All quiet: no calls in the last hour.")
    stat(calls: 3, **took(500 => 3))
    expect(condition).to eq("All is well. 3 calls in the last hour, all answered.")
    stat(calls: 2, fallbacks: 2, model: Support::SECONDARY)
    expect(condition).to eq("All is well. 5 calls in the last hour, all answered, 2 of them by a fallback.")
    stat(calls: 1, outcome: "exhausted", model: "")
    expect(condition).to eq("1 call of 6 got no answer in the last hour.")
  end

  it "names a model that fails" do
    chain
    stat(calls: 1)
    stat(outcome: "lost", hops_timeout: 2)
    expect(condition).to eq("#{Support::PRIMARY} is failing. 1 call in the last hour, all answered.")
    expect(words(get)).to include("1 answered, 2 failed in the last hour")
  end

  # The first candidate cools down in some process.
  def cool(reason, whole_endpoint:)
    in_app(<<~RUBY)
      LlmRouter.configure do |c|
        c.health_store = ActiveSupport::Cache::MemoryStore.new
        c.chain :default, #{Support::CHAIN.inspect}
      end
      LlmRouter.config.shared_health.cooldown_started(LlmRouter.config.resolve(:default).candidates.first, seconds: 60,
                                                      reason: #{reason.inspect}, whole_endpoint: #{whole_endpoint})
    RUBY
  end

  it "shows the cooldowns that processes share" do
    cool(:timeout, whole_endpoint: false)
    Waiting.eventually { condition == "#{Support::PRIMARY} is cooling down. There were no calls in the last hour." }
    expect(words(get)).to match(/cooling down anthropic\S+ at openrouter until [\d:]+ ?, timeout/)
  end

  it "shows the cooldown of a whole endpoint at each of its models" do
    cool(:unauthorized, whole_endpoint: true)
    Waiting.eventually { get.body.scan("state cooling").size == 3 }
  end

  it "says that without a store it knows the cooldowns of this process alone" do
    chain
    expect(words(get)).to include("Cooldowns are those of this process alone.")
  end

  it "says so if the store fails, and works" do
    chain
    in_app("LlmRouter.configure { |c| c.health_store = Struct.new(:read_multi, :write).new }")
    expect(words(get)).to include("The store of config.health_store did not answer")
  end

  it "adds up the last hour, day and week, of this environment" do
    stat(calls: 10, fallbacks: 1, **took(500 => 9, 8000 => 1), cost_usd: BigDecimal("0.5"))
    stat(calls: 5, **took(500 => 5), starts_at: Time.now - 7200, cost_usd: BigDecimal("1.25"))
    stat(calls: 85, **took(500 => 85), starts_at: Time.now - (2 * 86_400))
    stat(calls: 1000, starts_at: Time.now - (8 * 86_400))
    stat(calls: 1000, environment: "staging")
    rows = get.body.scan(%r{<th scope="row">(Last \w+)</th>(.*?)</tr>}m).to_h.transform_values do |cells|
      cells.scan(/<span class="figure">([^<]*)/).flatten
    end
    expect(rows).to eq("Last hour" => ["10", "10 %", "0 %", "0.39 s", "6.00 s", "$0.50"],
                       "Last day" => ["15", "6.6 %", "0 %", "0.38 s", "5.00 s", "$1.75"],
                       "Last week" => ["100", "1 %", "0 %", "0.38 s", "0.49 s", "$1.75"])
  end

  it "lists the last incidents" do
    expect(words(get)).to include("No attempt has failed.")
    id = incident
    expect(get.body).to include("href=\"/llm/incidents/#{id}\"")
    expect(words(get)).to include("default draft #{Support::PRIMARY} timeout answered #{Support::SECONDARY} 2.50 s")
  end

  it "says so if calls are not recorded" do
    in_app("LlmRouter.configure { |c| c.record_calls = false }")
    expect(words(get)).to include("Calls are not recorded")
  end

  it "says so if the tables are missing, or the database is away" do
    connection.rename_table(:llm_call_stats, :other)
    response = get
    expect([response.code, words(response)]).to match(["503", /did not answer .*bin.rails db:migrate/])
  ensure
    connection.rename_table(:other, :llm_call_stats)
  end
end
