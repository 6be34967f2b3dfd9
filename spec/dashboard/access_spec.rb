# frozen_string_literal: true

require_relative "dashboard_helper"

RSpec.describe "The page lets in", :page, database: :sqlite do
  paths = ["", "/", "/chains", "/budgets", "/incidents", "/incidents/1", "/report", "/style.css", "/nothing"]

  def status(path = "", **headers) = get(path, **headers).code.to_i

  it "nobody until the app says who may, and says what to set" do
    expect(paths.map { |path| status(path) }.uniq).to eq([403])
    expect(get.body).to include("config.dashboard_access says who may")
    expect(get.body).not_to include("Overview")
  end

  it "whom the block names, and nobody else" do
    in_app('LlmRouter.configure { |c| c.dashboard_access { |request| request.get_header("HTTP_X_USER") } }')
    expect([status, status(X_User: "ada")]).to eq([403, 200])
    expect(get("", X_User: "<b>ada</b>").body).to include("Signed in as &lt;b&gt;ada&lt;/b&gt;.")
  end

  ["request.no_such_method", "raise NotImplementedError", "def deeper = deeper(); deeper"].each do |code|
    it "nobody if the block fails: #{code}" do
      in_app("LlmRouter.configure { |c| c.dashboard_access { |request| #{code} } }")
      expect([status, http(Net::HTTP::Head.new(URI("#{app.url}/llm"))).code]).to eq([403, "403"])
    end
  end

  it "whom a header names, in any alphabet" do
    in_app('LlmRouter.configure { |c| c.dashboard_access { |request| request.get_header("HTTP_X_USER") } }')
    names = ["Zoë", "\xFF", "\u202Eada"].map { |name| get("/chains", X_User: name.b).body[/Signed in as [^.<]*/] }
    expect(names).to eq(["Signed in as Zoë", "Signed in as \uFFFD", "Signed in as ada"])
    in_app('LlmRouter.configure { |c| c.dashboard_access { "Zo\u00EB".encode("UTF-16LE") } }')
    expect(words(get)).to end_with("Signed in as Zoë.")
  end

  { "true" => "dashboard", ":ada" => "ada", "''" => "dashboard", "BudgetTable::Organization.new(id: 7)" =>
    "BudgetTable::Organization/7" }.each do |granted, name|
    it "by the name #{name} whoever the block grants #{granted}" do
      in_app("LlmRouter.configure { |c| c.dashboard_access { #{granted} } }")
      expect(words(get)).to end_with("Signed in as #{name}.")
    end
  end

  %w[nil false].each do |refused|
    it "nobody whom the block grants #{refused}" do
      in_app("LlmRouter.configure { |c| c.dashboard_access { #{refused} } }")
      expect(status).to eq(403)
    end
  end

  it "whom a constraint of the routes lets in, where the app says that it decides" do
    in_app("LlmRouter.configure { |c| c.dashboard_access = :routes }")
    expect(status).to eq(200)
  end

  describe "in development" do
    before { in_app('Rails.env = "development"') }

    it "whoever sits at the machine" do
      expect(status).to eq(200)
    end

    %w[X-Forwarded-For X-Real-IP X-Forwarded-Proto Forwarded Via CF-Connecting-IP Client-IP].each do |header|
      it "nobody who comes over a proxy: #{header}" do
        expect(status("", header => "127.0.0.1")).to eq(403)
      end
    end

    it "nobody from another machine, whatever they say" do
      ask = "LlmRouter::Dashboard.call(Rack::MockRequest.env_for('/', %s)).first"
      elsewhere = %w[203.0.113.5 10.0.0.1 127.0.0.1.evil.test ::2].push("")
      codes = elsewhere.map { |address| in_app(ask % "'REMOTE_ADDR' => '#{address}'").to_i }
      expect(codes.uniq).to eq([403])
      expect(in_app(ask % "'REMOTE_ADDR' => '203.0.113.5', 'HTTP_X_FORWARDED_FOR' => '127.0.0.1'").to_i).to eq(403)
      expect(in_app(ask % "'REMOTE_ADDR' => '::1'").to_i).to eq(200)
    end

    it "nobody by the name of another host, to which a site may give this machine's address" do
      hosts = %w[evil.test localhost.evil.test localhost app.localhost:3000 127.0.0.1]
      codes = hosts.map { |host| status("", Host: host) }
      expect(codes).to eq([403, 403, 200, 200, 200])
      in_app('Rails.application.config.hosts << "app.test"')
      expect(status("", Host: "app.test")).to eq(200)
    ensure
      in_app("Rails.application.config.hosts.clear")
    end

    it "nobody but whom the block names, if there is one" do
      in_app("LlmRouter.configure { |c| c.dashboard_access { nil } }")
      expect(status).to eq(403)
    end
  end

  it "nobody who frames it, and takes no script, style or source but its own" do
    let_in
    [get, get("/style.css"), get("/nothing")].each do |response|
      expect(response["content-security-policy"])
        .to eq("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " \
               "frame-ancestors 'none'")
      expect(response.to_hash.slice("x-frame-options", "x-content-type-options", "cache-control").values.flatten)
        .to contain_exactly("DENY", "nosniff", "no-store")
    end
    expect(get.body).not_to match(/<script|style=|<style| on\w+=/i)
  end
end
