# frozen_string_literal: true

require "active_support/cache"
require_relative "helper"

RSpec.describe LlmRouter::RememberedAnswers, "and OpenRouter's own cache" do
  include Remembering

  let(:budget) { LlmRouter::Unlimited }
  let(:nowhere) { ActiveSupport::Cache::NullStore.new }

  before do
    with_secret
    gateway.answer("Hi", cost_usd: "0.01")
    stub_const("DraftJob", job_that)
    remember(answer_store: nowhere)
  end

  def cache_headers
    gateway.requests.map { |request| request.headers.slice("x-openrouter-cache", "x-openrouter-cache-ttl").values }
  end

  it "ask it to keep the answer, of a request that is the same byte for byte in each run" do
    kill_and_run
    expect(gateway.requests.map(&:raw_body).uniq.size).to eq(1)
    expect(cache_headers).to eq([%w[true 900]] * 2)
  end

  it "ask nobody but OpenRouter" do
    gateway.fail(Support::PRIMARY, status: 503)
    remember(answer_store: nowhere) do |config|
      config.endpoint(:other, base_url: gateway.base_url, api_key: "test-key")
      config.chain :default, [Support::PRIMARY, { model: "llama-3.3-70b", endpoint: :other }]
    end
    die(DraftJob.new)
    expect(cache_headers).to eq([%w[true 900], []])
  end

  it "do not ask where a job makes the same call again, or another endpoint is called" do
    stub_const("DraftJob", job_class do
      2.times { LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES) }
    end)
    DraftJob.new.perform_now
    remember { |config| config.endpoint(:other, base_url: gateway.base_url, api_key: "test-key") }
    elsewhere = job_class do
      chain = [{ model: "a/b", endpoint: :other }]
      LlmRouter.new(chain: chain, budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES)
    end
    LlmRouter.configure { |config| config.answer_store = nowhere }
    elsewhere.new.perform_now
    expect(cache_headers).to eq([%w[true 900], [], []])
  end

  it "leave the header to an app that sets it" do
    remember(answer_store: nowhere, headers: { "X-OpenRouter-Cache" => "false" })
    die(DraftJob.new)
    stub_const("DraftJob", job_that(headers: { "X-OpenRouter-Cache" => "false" }))
    seen.clear
    remember(headers: {})
    die(DraftJob.new)
    expect(cache_headers.map(&:first)).to eq(%w[false false])
  end
end
