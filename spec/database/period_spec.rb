# frozen_string_literal: true

require_relative "../budget/budget_helper"
require "active_support/testing/time_helpers"

RSpec.describe LlmRouter::Database::Period do
  include ActiveSupport::Testing::TimeHelpers

  around do |example|
    before = Time.zone_default
    example.run
  ensure
    travel_back
    Time.zone_default = before
  end

  it "knows the day as text: another from midnight on, in the zone of the app" do
    Time.zone_default = Time.find_zone!("Auckland")
    days = [[10, 59], [11, 0], [10, 59]].map do |hour, minute|
      travel_to Time.utc(2026, 12, 30, hour, minute, 59)
      described_class.day
    end
    expect(days).to eq(%w[2026-12-30 2026-12-31 2026-12-30])
  end

  it "knows it anew where the app's zone is another, or none" do
    travel_to Time.utc(2026, 12, 30, 12)
    days = [Time.find_zone!("Auckland"), Time.find_zone!("UTC"), nil].map do |zone|
      Time.zone_default = zone
      described_class.day
    end
    expect(days).to eq(["2026-12-31", "2026-12-30", Time.now.strftime("%F")])
  end
end
