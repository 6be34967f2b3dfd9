# frozen_string_literal: true

require "English"

RSpec.describe "The documentation", :slow do
  root = File.expand_path("../..", __dir__)

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

  it "gives max_tokens in every example, so that a cap lets many calls through at once" do
    texts = Dir["{README,docs/**/*}.md", "lib/generators/**/*.tt", "demo/rails/app/**/*.rb",
                "lib/llm_router{.rb,/**/*.rb}", base: root]
    calls = texts.flat_map do |file|
      lines = File.readlines(File.join(root, file)).grep(/\.call\(messages: /)
      lines = lines.grep(/\A *#/) if file.start_with?("lib/llm_router")
      lines.map { |line| "#{file}: #{line.strip}" }
    end
    expect(calls).to include(/README/, /next_steps/, /job.rb/)
    expect(calls.grep_v(/max_tokens/)).to be_empty
  end
end
