# frozen_string_literal: true

require "yaml"

# A release is only as trustworthy as what builds it.
RSpec.describe "The workflows" do
  files = Dir[File.expand_path("../../.github/workflows/*.yml", __dir__)]

  def steps(file)
    YAML.safe_load_file(file).fetch("jobs").values.flat_map { |job| job.fetch("steps") }
  end

  files.each do |file|
    describe File.basename(file) do
      it "uses actions at a commit, and names its version" do
        uses = File.readlines(file).grep(/\buses:/)
        expect(uses).to all(match(/@\h{40} # v\d+(\.\d+)+$/))
        expect(uses.size).to eq(steps(file).count { |step| step.key?("uses") })
      end

      it "gives no download to a shell" do
        scripts = steps(file).filter_map { |step| step["run"] }
        expect(scripts.grep(/(curl|wget)[^\n]*\|\s*(ba)?sh/)).to be_empty
      end
    end
  end

  it "sign what a release has, once it passed its tests" do
    release = YAML.safe_load_file(files.find { |file| file.end_with?("release.yml") }).fetch("jobs")
    expect(release.fetch("attest")).to include("needs" => %w[smoke smoke-macos],
                                               "permissions" => include("attestations" => "write"))
  end
end
