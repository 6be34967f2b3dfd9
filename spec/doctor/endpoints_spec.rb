# frozen_string_literal: true

require_relative "doctor_helper"

RSpec.describe LlmRouter::Doctor, "and endpoints" do
  describe "Key" do
    {
      {} => [:green, /it is good, and has no limit of its own/],
      { limit: 10, limit_remaining: 4.5 } => [:green, /4\.5 of 10\.0 USD are left/],
      { limit: 10, limit_remaining: 0.5 } => [:yellow, /0\.5 of 10\.0 USD are left on it\. Raise its limit/],
      { limit: 10, limit_remaining: 0 } => [:red, /0\.0 of 10\.0 USD are left on it\. Raise its limit/],
      { limit: 10, limit_remaining: -1 } => [:red, /-1\.0 of 10\.0 USD/],
      { limit: "none", limit_remaining: [] } => [:green, /how much of its limit is left is not known/],
      { is_management_key: true } => [:red, /it manages keys, and cannot call models/],
      { is_provisioning_key: true } => [:red, /it manages keys/],
      { expires_at: "2001-01-01T00:00:00Z" } => [:red, /it expired at 2001-01-01/],
      { expires_at: (Time.now + 86_400).utc.iso8601 } => [:yellow, /it expires at .*Replace it/],
      { expires_at: "soon" } => [:green, /good/]
    }.each do |answer, (level, text)|
      it "is #{level} where OpenRouter says #{answer.inspect[0, 60]}" do
        configure
        gateway.key(**answer)
        expect(found(:Key).first).to match([level, text])
      end
    end

    it "is red where there is none, and where OpenRouter refuses it" do
      configure(api_key: nil, base_url: "https://a.example")
      expect(found(:Key)).to match([[:red, /endpoint openrouter has none\. Set config.api_key/]])
      configure
      [401, 403].each do |status|
        allow(LlmRouter.config.endpoint_called(:openrouter).native).to receive(:page).and_return([status, nil, +"{}"])
        expect(found(:Key)).to match([[:red, /refuses it \(status #{status}\)/]])
      end
    end

    it "is red where nobody answers, and yellow where the answer is no key's" do
      configure { |config| config.base_url = "http://127.0.0.1:1" }
      expect(found(:Key)).to match([[:red, /OpenRouter does not answer: .*base_url/]])
      configure
      [[500, nil, +"{}"], [200, nil, +"<html>"], [200, nil, +"[]"], [200, nil, +"\xff"]].each do |page|
        allow(LlmRouter.config.endpoint_called(:openrouter).native).to receive(:page).and_return(page)
        expect(found(:Key)).to match([[:yellow, /not known: OpenRouter answered/]])
      end
    end

    it "is not known elsewhere, unless it is missing" do
      configure do |config|
        config.endpoint :groq, base_url: "https://a.example", api_key: "sk-secret-1"
        config.endpoint :other, base_url: "https://b.example"
        config.chain :default, [{ model: "a", endpoint: :groq }, { model: "b", endpoint: :other }]
      end
      expect(found(:Key)).to match([[:green, /that of groq is set; whether it is good is not known/],
                                    [:red, /endpoint other has none\. Set api_key: in config.endpoint/]])
    end
  end

  describe "Clock" do
    { 0 => :green, 10 => :green, 40 => :yellow, -40 => :yellow, 600 => :red, -600 => :red }.each do |off, level|
      it "is #{level} where the clock is off by #{off} s" do
        configure
        page = [200, (Time.now - off).httpdate, +'{"data":{}}']
        allow(LlmRouter.config.endpoint_called(:openrouter).native).to receive(:page).and_return(page)
        expect(levels(:Clock)).to eq([level])
      end
    end

    it "is not known without a date" do
      configure
      [nil, "yesterday"].each do |date|
        page = [200, date, +'{"data":{}}']
        allow(LlmRouter.config.endpoint_called(:openrouter).native).to receive(:page).and_return(page)
        expect(found(:Clock)).to match([[:yellow, /not known: OpenRouter's (answer has no date|date cannot be read)/]])
      end
    end
  end

  it "says that no chain is configured" do
    LlmRouter.configure { |config| config.api_key = "k" }
    expect(found(:Key)).to match([[:yellow, /no chain is configured\. Name one/]])
  end
end
