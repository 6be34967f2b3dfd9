# frozen_string_literal: true

require "json"
require_relative "switchboard"

RSpec.describe "A router that threads share" do
  it "answers 512 of them at once, charges each once, and leaves no thread" do
    Switchboard.open(delay: 1) do |switchboard|
      crowd = [RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), File.join(__dir__, "crowd.rb")]
      report = JSON.parse(IO.popen([*crowd, "512", switchboard.base_url], &:read), symbolize_names: true)
      expect(report).to eq(right: 512, charges: 512, sum: "128.0", held: 0, grown: 0)
      expect(switchboard.heard.flatten.map { |prompt| Integer(prompt) }).to match_array(0...512)
      expect(switchboard.most).to be > 256
    end
  end
end
