# frozen_string_literal: true

require "open3"
require "tempfile"

RSpec.describe Watchdog do
  it "fails an example that hangs, and says where each thread stands" do
    Tempfile.create(["hanging", "_spec.rb"]) do |file|
      file.write("RSpec.describe('It') { it('hangs') { Waiting.hang } }")
      file.close
      environment = { "EXAMPLE_LIMIT" => "1", "SKIPS" => nil }
      output, status = Open3.capture2e(environment, RbConfig.ruby, "-S", "rspec", file.path)
      expect(status).not_to be_success
      expect(output).to include("#{file.path}:1 hangs: It hangs").and include("waiting.rb").and include("1 failure")
    end
  end
end
