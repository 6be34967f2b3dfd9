# frozen_string_literal: true

require "json"
require_relative "echo_gateway"

RSpec.describe "A router that threads share", :slow do
  it "answers 512 of them at once, charges each once, and leaves no thread" do
    EchoGateway.open(together: 512) do |echo_gateway|
      program = [RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), File.join(__dir__, "concurrent_calls.rb")]
      report = JSON.parse(IO.popen([*program, "512", echo_gateway.base_url], &:read), symbolize_names: true)
      expect(report).to eq(right: 512, charges: 512, sum: "128.0", unended: 0, grown: 0)
      expect(echo_gateway.prompts_by_connection.flatten.map { |prompt| Integer(prompt) }).to match_array(0...512)
      expect(echo_gateway.most_connections).to eq(512)
    end
  end
end
