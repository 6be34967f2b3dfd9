# frozen_string_literal: true

require_relative "dashboard_helper"

RSpec.describe "The page of chains", :page, database: :sqlite do
  before do
    let_in
    in_app(<<~RUBY)
      LlmRouter.configure do |c|
        c.chain :default, [{ model: "#{Support::PRIMARY}", price: { prompt: "0.000003", completion: "0.000015" } },
                           "#{Support::SECONDARY}"]
      end
    RUBY
  end

  def token = get("/chains").body[/name="token" value="([^"]+)"/, 1]

  def switch(form = {}, **headers)
    post("/switches", { token: token, turn: "off", pattern: "anthropic/*", for: "2h", reason: "slow" }.merge(form),
         **headers)
  end

  def switches = in_app("LlmRouter.switches.map { |one| [one.pattern, one.by, one.reason] }")

  it "has each candidate's price and share of the answers" do
    stat(calls: 3)
    stat(calls: 1, model: Support::SECONDARY)
    stat(calls: 9, model: Support::SECONDARY, chain: "other")
    shown = words(get("/chains"))
    expect(shown).to include("#{Support::PRIMARY} at openrouter up Answers, 7 days 75 %",
                             "$3.00 in, $15.00 out", "Answers, 7 days 25 %")
  end

  it "says so if there is no chain" do
    in_app("LlmRouter.reset_configuration!; LlmRouter.configure { |c| c.dashboard_access { 'ada' } }")
    expect(words(get("/chains"))).to include("No chain is configured yet.")
  end

  it "switches models off, and on again, in the name of who does it" do
    response = switch
    expect([response.code, response["location"]]).to match(["303", %r{/llm/chains\z}])
    expect(switches).to eq('[["anthropic/*", "ada", "slow"]]')
    expect(words(get("/chains"))).to match(/switched off until .* by ada: slow/)
    expect(get.body).to include("#{Support::PRIMARY} is switched off.")
    expect(switch({ turn: "on" }).code).to eq("303")
    expect([switches, words(get("/chains"))]).to match(["[]", /on again by ada/])
  end

  it "changes nothing without a token that is for who sends it" do
    mine = token
    in_app('LlmRouter.configure { |c| c.dashboard_access { "eve" } }')
    forged = [{ token: "" }, { token: "x" }, { token: mine }].map { |form| switch(form).code }
    expect([forged, switches]).to eq([%w[403 403 403], "[]"])
  end

  it "changes nothing for a form of another site, whatever its token" do
    foreign = [{ Origin: "https://evil.test" }, { Origin: "null" }, { Sec_Fetch_Site: "cross-site" },
               { Sec_Fetch_Site: "same-site" }].map { |headers| switch(**headers).code }
    expect([foreign, switches]).to eq([%w[403] * 4, "[]"])
    expect([{ Origin: app.url }, { Sec_Fetch_Site: "same-origin" }].map { |headers| switch(**headers).code })
      .to eq(%w[303 303])
  end

  it "changes nothing by GET, or for those who may not see it" do
    expect([get("/switches?turn=off&pattern=x").code, post("/chains", {}).code]).to eq(%w[405 405])
    known = token
    in_app("LlmRouter.configure { |c| c.dashboard_access { nil } }")
    expect([post("/switches", { token: known, turn: "off", pattern: "a/b", for: "2h" }).code, switches])
      .to eq(["403", "[]"])
  end

  [{ pattern: "" }, { pattern: "a b" }, { for: "soon" }, { for: "-1" }, { for: "9" * 60 }, { for: "" }, { turn: "up" },
   { turn: "" }, { reason: "x" * 500 }, { reason: "two\nlines" }, { turn: "on", pattern: "never/off" },
   { "pattern[]" => "x" }].each do |form|
    it "says what is wrong with #{form.inspect[0, 60]}" do
      response = switch(form)
      expect([response.code, response.body, switches]).to match(["400", /<p class="lead">\S/, "[]"])
    end
  end
end
