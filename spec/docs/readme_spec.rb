# frozen_string_literal: true

require "llm_router/notifications"
require "active_support/cache"
require_relative "../support/article/app"
require_relative "../budget/budget_helper"

# Every snippet of Ruby in the README and the guides runs, in the order in which it stands there.
RSpec.describe "README.md and docs" do
  root = File.expand_path("../..", __dir__)
  snippets_of = lambda do |file|
    text = File.read(File.join(root, file))
    text.to_enum(:scan, /^```ruby\n(.*?)^```/m).map do
      [Regexp.last_match[1], text[0, Regexp.last_match.begin(0)].count("\n") + 2, file]
    end
  end
  snippets = snippets_of.call("README.md")
  guides = Dir.glob("docs/**/*.md", base: root).sort.flat_map(&snippets_of)

  # What the snippets take for granted of the app around them.
  let(:world) do
    Class.new do
      attr_reader :budget, :organization

      def initialize(budget, organization)
        @budget = budget
        @organization = organization
      end

      def run(code, line, file)
        instance_eval(code, file, line)
      end
    end
  end

  let(:organization) do
    Struct.new(:llm_spent_usd, :llm_cap_usd) do
      def increment!(name, amount) = self[name] += amount
    end.new(0, 5)
  end

  # What the snippets subscribe is not to hear of the examples that come after.
  let(:subscribers) { [] }

  after { subscribers.each { |subscriber| ActiveSupport::Notifications.unsubscribe(subscriber) } }

  let(:router) { LlmRouter.new(chain: :default, budget: budget) }

  before do
    stub_const("ENV", ENV.to_h.merge("OPENROUTER_API_KEY" => "test-key", "GROQ_API_KEY" => "test-key",
                                     "OPENAI_API_KEY" => "test-key"))
    metrics = Class.new { def self.method_missing(*, **) = self } # rubocop:disable Style/MissingRespondToMissing
    %w[Metrics StatsD Prometheus::Client OpenTelemetry].each { |name| stub_const(name, metrics) }
    allow(ActiveSupport::Notifications).to receive(:subscribe).and_wrap_original do |subscribe, *arguments, &block|
      subscribe.call(*arguments, &block).tap { |subscriber| subscribers << subscriber }
    end
    stub_const("Rails", Struct.new(:cache).new(ActiveSupport::Cache::MemoryStore.new)) unless defined?(Rails.cache)
    gateway.answer("Hello!", cost_usd: "0.00043705")
    gateway.fail("anthropic/*", status: 503, retry_after: 7)
    configure
  end

  def run(code, line, file)
    code = code.gsub(%r{https://(openrouter\.ai/api/v1|api\.groq\.com/openai/v1|api\.openai\.com/v1)}, gateway.base_url)
    world.new(budget, organization).tap { |app| app.define_singleton_method(:router) { LlmRouter.new(budget: budget) } }
         .run(code, line, file)
  end

  it "has snippets" do
    expect(snippets.size).to be >= 8
  end

  # Those of a test suite run as one, in a process of its own.
  def run_suite(code, autorun)
    IO.popen([RbConfig.ruby, "-I", "#{root}/lib", "-", { err: %i[child out] }], "r+") do |ruby|
      ruby.write(start_of(autorun), code)
      ruby.close_write
      ruby.read
    end
  end

  def start_of(autorun)
    <<~RUBY
      require "#{autorun}/autorun"
      require "active_support/test_case" if #{autorun == 'minitest'}
      require "llm_router"
      %w[support/article/app support/article/draft_reply_job support/vault].each { |file| require "#{root}/spec/" + file }
      class TeamBudget < Support::Vault
        def initialize(cap_usd:) = super(cap: cap_usd)
      end
      LlmRouter.configure { |config| (config.logger = nil) || config.chain(:default, %w[#{Support::CHAIN.join(' ')}]) }
    RUBY
  end

  def root = File.expand_path("../..", __dir__)

  of_rows, of_others = snippets.partition { |code, _| code.match?(/include LlmRouter::Budget$|budget\.charges/) }

  describe "of the budget row", database: :sqlite do
    (code, line), (records, records_line) = of_rows

    let(:organization) { BudgetTable::Organization.create! }

    it "is as the snippet at line #{line} says" do
      # A model has a name of its own, so this one is defined where the specs have another.
      hide_const("LlmBudget")
      stub_const("ApplicationRecord", ActiveRecord::Base)
      # Those of other specs are not connected to anything.
      allow(LlmRouter::Budget).to receive(:models).and_return([BudgetTable::LlmBudget])
      place = TOPLEVEL_BINDING.dup
      place.local_variable_set(:organization, organization)
      place.eval(code, "README.md", line).call(messages: Support::MESSAGES)
      rows = BudgetTable::LlmBudget.order(:id)
      expect(rows.map { |row| [row.feature, row.period] }).to eq([%w[draft_reply daily], [nil, "monthly"]])
      expect(rows.map(&:spent_usd)).to eq([BigDecimal("0.00043705")] * 2)
      said = nil
      expect { said = place.eval(records, "README.md", records_line) }.to output(/USD/).to_stdout
      expect(said).to eq("google/gemini-2.5-flash" => 1)
    ensure
      Object.send(:remove_const, :LlmBudget)
    end
  end

  (of_others + guides).each do |code, line, file|
    suite = code[%r{llm_router/testing/(rspec|minitest|budget_examples)}, 1]&.sub("budget_examples", "rspec")
    it "runs the snippet at line #{line} of #{file}" do
      if suite
        expect(run_suite(code, suite)).to match(/\d examples?, 0 failures|1 runs, \d assertions, 0 failures, 0 errors/)
      else
        expect { run(code, line, file) }.to output(/.*/m).to_stdout
        ask unless subscribers.empty?
        expect(log).not_to include("a listener raised")
      end
    end
  end

  it "says of the budget's snippet what happens" do
    run(*snippets.find { |snippet, _| snippet.include?("class OrganizationBudget") })
    expect(organization.llm_spent_usd).to eq(BigDecimal("0.00043705"))
  end

  it "says of the testing snippet what happens" do
    snippet = snippets.find { |code, _| code.include?("LlmRouter.testing! do") }
    expect(run(*snippet)).to eq(["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"])
  end

  it "says of the failures guide's snippets what happens" do
    handled, scripted = guides.select { |_, _, file| file == "docs/failures.md" }
    gateway.fail(status: 503, retry_after: 7)
    expect(run(*handled)).to eq(7)
    expect(run(*scripted)).to eq(%i[blank unavailable])
  end
end
