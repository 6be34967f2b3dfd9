# frozen_string_literal: true

require "English"

RSpec.describe "The documentation" do
  root = File.expand_path("..", __dir__)

  it "describes every public method" do
    stats = %w[yard stats --list-undoc --no-save --no-cache]
    undocumented = IO.popen(stats, chdir: root, err: File::NULL, &:read)
    expect(undocumented).to include("100.00% documented"), undocumented
  end

  it "has no link that leads nowhere and no tag that YARD does not know" do
    build = %w[yard doc --no-save --no-cache --no-output]
    warnings = IO.popen(build, chdir: root, err: %i[child out], &:read)
    expect($CHILD_STATUS).to be_success
    expect(warnings.lines.grep(/\[warn\]/)).to be_empty
  end
end
