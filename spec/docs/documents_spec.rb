# frozen_string_literal: true

# What the documents say about themselves and about the tree.
RSpec.describe "The documents" do
  documents = Support::Documents
  # Phrases that readers of earlier versions stumbled over.
  retired = /\b(?:ask(?:s|ed)? (?:again|after)|(?:nobody|who) is asked|(?:is|are) told|mend(?:s|ed)?|passe[sd] by)\b/i

  documents::ALL.each do |file|
    it "names only paths that exist: #{file}" do
      gone = documents.paths(file).reject { |path| Dir.glob(path, base: documents::ROOT).any? }
      expect(gone).to be_empty
    end

    it "uses the field's words: #{file}" do
      expect(documents.read(file).lines.grep(retired)).to be_empty
    end

    it "links only to what exists: #{file}" do
      gone = documents.links(file).reject do |link|
        path, anchor = link.split("#")
        target = path.empty? ? file : File.join(File.dirname(file), path).delete_prefix("./")
        target = File.expand_path(target, "/").delete_prefix("/")
        File.exist?(File.join(documents::ROOT, target)) && (anchor.nil? || documents.anchors(target).include?(anchor))
      end
      expect(gone).to be_empty
    end
  end

  it "keep the README short enough for one sitting" do
    readme = documents.read("README.md")
    expect(readme.lines.size).to be <= 220
    expect(readme.split.size).to be <= 1600
  end

  it "have every guide in the index" do
    guides = Dir.glob("*.md", base: File.join(documents::ROOT, "docs")) - ["README.md"]
    expect(documents.links("docs/README.md").map { |link| link[/\A[^#]+/] }).to include(*guides)
  end

  it "have every program of bin in the map for contributors" do
    programs = Dir.children(File.join(documents::ROOT, "bin")).map { |name| "bin/#{name}" }
    expect(documents.paths("CONTRIBUTING.md")).to include(*programs)
  end

  it "have every setting in the guide to settings, and no other" do
    guide = documents.read("docs/settings.md")
    settings = LlmRouter::Configuration.public_instance_methods.map(&:name).grep(/\w=\z/)
    named = guide.scan(/^\| (`[^|]+`) \|/).flatten.flat_map { |cell| cell.scan(/`(\w+)/).flatten }
    expect(named).to match_array(settings.map { |name| name.delete_suffix("=") } + %w[chain endpoint price on_hop])
  end
end
