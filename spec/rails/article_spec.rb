# frozen_string_literal: true

require_relative "../support/article/app"
require_relative "../../demo/rails/app/jobs/draft_reply_job"

# The article's own job, as it stands there less its last line, under the real ActiveJob.
RSpec.describe DraftReplyJob do
  before do
    gateway.answer("Dear Ada, on its way.", cost_usd: "0.0021")
    configure
  end

  it "drafts the reply and leaves the charge to the router, on the budget of the message's organisation" do
    gateway.fail("anthropic/*", status: 503)
    acme = Organization.create!(name: "Acme")
    message = Message.create!(organization: acme, body: "Where is my parcel?")
    other = LlmBudget.for(Organization.create!(name: "Other"))
    budget = LlmBudget.for(acme)
    expect { described_class.perform_now(message.id) }
      .to change(budget, :spent_usd).by(BigDecimal("0.0021")).and(change(other, :spent_usd).by(0))
    expect(message.reload.suggested_reply).to eq("Dear Ada, on its way.")
    expect(models_called).to eq([Support::PRIMARY, Support::SECONDARY])
    expect(gateway.requests.last.messages.last).to eq("role" => "user", "content" => "Where is my parcel?")
  end
end
