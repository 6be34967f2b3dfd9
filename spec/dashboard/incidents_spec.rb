# frozen_string_literal: true

require_relative "dashboard_helper"

RSpec.describe "The pages of incidents", :page, database: :sqlite do
  before { let_in }

  it "list the newest first, 50 at a time" do
    now = Time.now
    60.times { |number| incident(feature: "f#{number}", created_at: now - number) }
    first = get("/incidents")
    second = get("/incidents?page=2")
    expect([first, second].map { |response| response.body.scan(/data-label="Feature">(f\d+)/).flatten.size })
      .to eq([50, 10])
    expect(first.body).to match(/Feature">f0<.*Feature">f49</m).and include('href="/llm/incidents?page=2">Older')
    expect(second.body).to include('href="/llm/incidents?page=1">Newer')
    expect(get("/incidents?page=3").code).to eq("404")
  end

  { chain: "support", model: "x/y", reason: "rejected", feature: "summarize" }.each do |name, value|
    it "filter by #{name}" do
      column = { model: :failed_model }.fetch(name, name)
      incident
      found = incident(column => value)
      page = get("/incidents?#{name}=#{ERB::Util.url_encode(value)}")
      expect(page.body.scan(%r{/incidents/(\d+)"}).flatten).to eq([found.to_s])
      expect(page.body).to include("<option value=\"#{value}\" selected>")
    end
  end

  it "say so if there is none" do
    expect(words(get("/incidents"))).to include("No attempt has failed.")
    expect(words(get("/incidents?chain=none"))).to include("There is no such incident.")
  end

  it "show one with its hops on a time line" do
    hops = [{ model: "a/b", endpoint: "openrouter", reason: "timeout", status: nil, duration: 1.0, cost_usd: "0.0004" },
            { model: "c/d", endpoint: "groq", reason: "cooling_down", status: nil, duration: 0.0, cost_usd: nil }]
    id = incident(hops: JSON.generate(hops), duration: 4.0, job_class: "DraftJob", job_id: "77", tags: '{"tenant":7}')
    page = get("/incidents/#{id}")
    expect(words(page)).to include("The chain absorbed it: #{Support::SECONDARY} answered", "DraftJob 77", "tenant 7",
                                   "a/b at openrouter timeout cost $0.0004 1.00 s", "c/d at groq cooling down",
                                   "#{Support::SECONDARY} at openrouter answered 3.00 s")
    expect(page.body.scan(/aria-label="(from[^"]+)"/).flatten)
      .to eq(["from 0.00 s to 1.00 s", "from 1.00 s to 1.00 s", "from 1.00 s to 4.00 s"])
    expect(page.body).to include('<rect x="25.0" y="0" width="75.0" height="4" class="answered">')
  end

  it "show the provider that answered, and how many its gateway tried" do
    pages = [{ provider: "" }, { provider: "Groq" }, { provider: "Groq", provider_attempts: 2 }]
            .map { |row| words(get("/incidents/#{incident(**row)}")) }
    expect(pages[0]).not_to include("Provider")
    expect(pages[1]).to match(/Provider Groq(?!, at attempt)/)
    expect(pages[2]).to include("Provider Groq, at attempt 2 of its gateway")
  end

  it "show one that nobody answered, and one whose hops cannot be read" do
    lost = incident(outcome: "deadline_exceeded", model: "")
    broken = incident(hops: "{", tags: "[")
    expect(words(get("/incidents/#{lost}"))).to include("No answer: deadline exceeded", "No candidate was called.")
    expect(get("/incidents/#{broken}").code).to eq("200")
  end

  it "say so if there is no such incident, or it is of another environment" do
    other = incident(environment: "staging")
    %W[/incidents/999999999999999999 /incidents/#{other} /incidents/x /incidents/#{'9' * 30}].each do |path|
      expect(get(path).code).to eq("404")
    end
  end
end
