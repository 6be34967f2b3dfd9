# frozen_string_literal: true

ENV["RAILS_ENV"] = "test"
require_relative "../config/environment"
require "llm_router/testing/rspec"

# The app's own spec of its job: the same fallback as in production, and nothing leaves the machine.
RSpec.describe DraftReplyJob do
  let(:organization) { Organization.create!(name: "Acme") }
  let(:message) { Message.create!(organization: organization, body: "Where is my parcel?") }
  let(:budget) { LlmBudget.for(organization) }

  it "saves the reply of the fallback and charges what it cost" do
    LlmRouter.testing! do |gateway|
      gateway.answer("On its way.", cost_usd: "0.0021")
      gateway.fail("anthropic/*", status: 503)
    end
    expect { described_class.perform_now(message.id) }.to change { budget.reload.spent_usd }.by(BigDecimal("0.0021"))
    expect(message.reload.suggested_reply).to eq("On its way.")
    expect(LlmRouter.testing).to have_called_model("google/*")
  end
end
