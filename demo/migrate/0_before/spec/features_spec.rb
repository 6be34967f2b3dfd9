# frozen_string_literal: true

require "llm_router/testing/rspec"
ENV["RAILS_ENV"] = "test"
ENV["LLM_URL"] = LlmRouter.testing.base_url
require_relative "../config/environment"

# The app's own specs: they stay as they are while its calls are moved. All go to the gateway on loopback.
RSpec.describe "The features" do
  let(:message) { Message.create!(organization: Organization.create!(name: "Acme"), body: "Where is my parcel?") }

  before { LlmRouter.testing.answer("An answer, short", cost_usd: "0.001") }

  { Classify => "An answer, short", Summarize => "An answer, short", Translate => "An answer, short",
    SuggestTags => ["An answer", "short"], Score => "An answer, short" }.each do |service, answer|
    it("#{service} answers") { expect(service.new.call(message)).to eq(answer) }
  end

  it "Translate falls back" do
    LlmRouter.testing.fail("*gpt-4o", status: 503)
    expect(Translate.new.call(message)).to eq("An answer, short")
  end

  it "DraftReplyJob saves the reply of the fallback" do
    LlmRouter.testing.fail("anthropic/*", status: 503)
    DraftReplyJob.perform_now(message.id)
    expect(message.reload.suggested_reply).to eq("An answer, short")
  end
end
