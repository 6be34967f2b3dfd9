# frozen_string_literal: true

require "open3"
require "tempfile"

RSpec.describe "An example" do
  # What RSpec says of one, and whether it passes.
  def outcome(code, **environment)
    Tempfile.create(["it", "_spec.rb"]) do |file|
      file.write("tries = 0\nRSpec.describe('It') { it('runs') { tries += 1; #{code} } }")
      file.close
      output, status = Open3.capture2e({ "SKIPS" => nil, **environment }, RbConfig.ruby, "-S", "rspec", file.path)
      [output, status.success?]
    end
  end

  it "that hangs fails, and it is said where each thread stands" do
    output, passes = outcome("Waiting.hang", "EXAMPLE_LIMIT" => "1")
    expect(output).to match(/it\S+_spec.rb:2 hangs: It runs$/).and include("waiting.rb").and include("1 failure")
    expect(passes).to be(false)
  end

  stall = %(Process.detach(spawn("sleep 2; kill -CONT \#{Process.pid}")) && Process.kill(:STOP, Process.pid))
  it "that failed while the machine stood still is run again, as if it had never run" do
    code = "expect([@tried, budget.charges]).to eq([nil, []]); @tried = true; budget.charge!(1); " \
           "if tries == 1 then #{stall}; raise('late') end"
    output, passes = outcome(code)
    expect(output).to match(/it\S+_spec.rb:2 is run again: .*RuntimeError: late$/).and include("1 example, 0 failures")
    expect(passes).to be(true)
  end

  it "that fails each time has failed, and one that fails by itself at once" do
    # So that it sees nothing of a machine that does stand still meanwhile.
    blind = "Stalls.const_set(:TOLERANCE, 600)"
    ["#{stall}; raise('wrong')", "#{blind}; raise('wrong') if tries == 1"].each do |code|
      expect(outcome(code)).to match([include("wrong", "1 example, 1 failure"), false])
    end
  end
end
