# frozen_string_literal: true

require_relative "own_app"
require_relative "../../demo/migrate"

# The demo of docs/migrating.md.
RSpec.describe "An app with six ways of calling a model", :slow do
  it "is moved step by step: its specs pass at each, and no stray is left" do
    path = File.expand_path("../../tmp/specs#{ENV.fetch('TEST_ENV_NUMBER', '')}/migrate_app", __dir__)
    gateway.answer("Hello", cost_usd: "0.001")
    lines = MovedApp.new(path, gem_home: OwnApp.gem_home).enum_for(:move, { GATEWAY_URL: gateway.base_url }).to_a
    expect(lines.map { |line| line[/strays +(\d+)/, 1].to_i }).to eq([11, 10, 9, 7, 5, 3, 0])
    expect(lines).to all(match(/specs 7 examples, 0 failures/))
    expect(lines.grep_v(/file.* changed/).size).to eq(1)
    expect(lines).to all(match(/doctor \d+ green, .* 0 red/))
  end
end
