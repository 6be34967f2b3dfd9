# frozen_string_literal: true

# Every direct dependency, of the gem and of its development, has its reason in the tables of docs/architecture.md.
RSpec.describe "The tables of dependencies" do
  root = File.expand_path("../..", __dir__)
  text = File.read(File.join(root, "docs/architecture.md"))
  rows = text.scan(/^\| dependency \|.*?(?:\n\n|\z)/m).flat_map(&:lines)
  named = rows.flat_map { |row| row.split("|")[1].to_s.scan(/`([\w-]+)`/).flatten }

  crates = %w[Cargo.toml ext/core/Cargo.toml ext/llm_router/Cargo.toml fuzz/Cargo.toml].flat_map do |manifest|
    sections = File.read(File.join(root, manifest)).scan(/^\[(?:[\w.-]*-|workspace\.)?dependencies\]\n(.*?)(?=^\[|\z)/m)
    sections.join.scan(/^([\w-]+)(?:\.workspace)? *=/).flatten
  end
  gems = %w[Gemfile llm_router.gemspec].flat_map do |file|
    File.read(File.join(root, file)).scan(/^(?:gem|\s+spec\.add_dependency) "([\w-]+)"/).flatten
  end

  { "crate" => crates - ["llm_router_core"], "gem" => gems }.each do |kind, names|
    it "names each #{kind}" do
      expect(names.size).to be > 10
      expect(names.uniq - named).to be_empty
    end
  end

  it "names nothing else" do
    expect(named - crates - gems).to eq(["ring"])
  end
end
