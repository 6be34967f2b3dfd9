# frozen_string_literal: true

# The benchmark may use what the specs have in spec/support, and not the other way round.
RSpec.describe "The files of spec/" do
  it "load nothing of the benchmark" do
    root = Support::Documents::ROOT
    loads = Dir.glob("spec/**/*.rb", base: root).flat_map do |file|
      lines = File.readlines(File.join(root, file), chomp: true)
      lines.grep(%r{\b(?:require|require_relative|load|autoload)\b.*\bbenchmark/}).map { |line| "#{file}: #{line}" }
    end
    expect(loads).to be_empty
  end
end
