# frozen_string_literal: true

module Support
  # What somebody reads about the gem, outside its code.
  module Documents
    ROOT = File.expand_path("../..", __dir__)
    ALL = Dir.glob(["*.md", "docs/**/*.md", ".github/**/*.md"], base: ROOT).sort.freeze

    # A piece of Ruby in a document.
    Snippet = Struct.new(:code, :line, :file) do
      # @return [String, nil] "rspec" or "minitest" for one that is a test suite, which runs as one
      def suite
        code[%r{llm_router/testing/(rspec|minitest|budget_examples)}, 1]&.sub("budget_examples", "rspec")
      end

      # @return [Boolean] whether it needs the tables
      def rows?
        !suite && code.match?(/include LlmRouter::Budget$|^(?:budget = |puts )?LlmBudget\.|LlmRouter\.switch/)
      end

      def to_s
        "line #{line} of #{file}"
      end
    end

    module_function

    # @return [String]
    def read(file)
      File.read(File.join(ROOT, file))
    end

    # @return [Array<Snippet>] in the order in which they stand there
    def snippets(file)
      text = read(file)
      text.to_enum(:scan, /^```ruby\n(.*?)^```/m).map do
        match = Regexp.last_match
        Snippet.new(match[1], match.pre_match.count("\n") + 2, file)
      end
    end

    # @return [Array<String>] the anchors of a document's headings, as GitHub makes them
    def anchors(file)
      headings = read(file).gsub(/^```.*?^```/m, "").scan(/^#+ (.+)$/).flatten
      headings.map { |heading| heading.downcase.gsub(/[^\w\- ]/, "").tr(" ", "-") }
    end

    # @return [Array<String>] paths of the repository that a document names: `bin/soak 120`, `spec/budget`, `fuzz/seeds`
    def paths(file)
      spans = read(file).gsub(/^```.*?^```/m, "").scan(/`([^`\n]+)`/).flatten
      named = spans.map { |span| span.split.first.to_s }
      named.grep(%r{\A(?:lib|ext|spec|bin|docs|fuzz|benchmark|demo|sig|rakelib|\.ci|\.github)/}) - ["bin/rails"]
    end

    # @return [Array<String>] what a document links to in the repository
    def links(file)
      read(file).gsub(/^```.*?^```/m, "").scan(/\]\(([^)\s]+)\)/).flatten.grep_v(/\A(?:https?|mailto):/)
    end
  end
end
