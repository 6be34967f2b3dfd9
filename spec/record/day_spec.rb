# frozen_string_literal: true

require_relative "record_helper"
require_relative "../../demo/day"

# The day that bin/demo --page shows: a quarter of its length here.
RSpec.describe Day, database: :sqlite do
  after { LlmRouter::Switches.replace([]) }

  it "has an outage that the chain absorbs, and a report that is equal by SQL and by hand" do
    stub_const("LlmRouter::CallRecord::Recorder", Class.new(LlmRouter::CallRecord::Recorder))
    allow(LlmRouter::Environment).to receive(:name).and_return("production")
    configure
    # A month may begin in the course of the day.
    Day::FEATURES.each_key { |feature| model.for(nil, feature: feature).update!(period: "total") }
    described_class.new(gateway, budgets: model, slots: 96).play
    report = RecordHelper::RECORD.report((Time.now - 86_400)..Time.now, environment: LlmRouter::Environment.name)
    by_hand = RecordHelper::ByHand.new(RecordHelper::RECORD::Stat.model.all.to_a).report
    expect(report.to_h).to include(by_hand)
    expect(report.outages.map(&:model)).to include("anthropic/claude-sonnet-4.5")
    expect(report.rejected.keys).to include("summarize")
    expect(RecordHelper::RECORD::Stat.model.distinct.count(:starts_at)).to be_between(95, 97)
    expect(RecordHelper::RECORD::Incident.model.distinct.pluck(:job_class)).to include("DraftReplyJob")
    expect(RecordHelper::RECORD.switch_history.map { |switch| [switch.pattern, switch.ended_by] })
      .to eq([["meta-llama/*", nil], ["anthropic/*", "on-call"]])
    row = model.for(nil, feature: :draft_reply)
    expect(row.spent_usd / row.cap_usd).to be_within(0.02).of(0.96)
    expect(RecordHelper::RECORD::Audit.new([model]).differences).to eq([])
  end
end
