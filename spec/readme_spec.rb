# frozen_string_literal: true

require "llm_router/notifications"
require "active_support/cache"
require_relative "article/app"
require_relative "budget/budget_helper"

# Every snippet of Ruby in the README runs, in the order in which it stands there.
RSpec.describe "README.md" do
  readme = File.read(File.expand_path("../README.md", __dir__))
  snippets = readme.to_enum(:scan, /^```ruby\n(.*?)^```/m).map do
    [Regexp.last_match[1], readme[0, Regexp.last_match.begin(0)].count("\n") + 2]
  end

  # What the snippets take for granted of the app around them.
  let(:world) do
    Class.new do
      attr_reader :budget, :organization

      def initialize(budget, organization)
        @budget = budget
        @organization = organization
      end

      def run(code, line)
        instance_eval(code, "README.md", line)
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
    stub_const("ENV", ENV.to_h.merge("OPENROUTER_API_KEY" => "test-key", "GROQ_API_KEY" => "test-key"))
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

  def run(code, line)
    code = code.gsub(%r{https://(openrouter\.ai/api/v1|api\.groq\.com/openai/v1)}, gateway.base_url)
    world.new(budget, organization).tap { |app| app.define_singleton_method(:router) { LlmRouter.new(budget: budget) } }
         .run(code, line)
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
      %w[article/app article/draft_reply_job support/vault].each { |file| require "#{root}/spec/" + file }
      class TeamBudget < Support::Vault
        def initialize(cap_usd:) = super(cap: cap_usd)
      end
      LlmRouter.configure { |config| (config.logger = nil) || config.chain(:default, %w[#{Support::CHAIN.join(' ')}]) }
    RUBY
  end

  def root = File.expand_path("..", __dir__)

  of_rows, of_others = snippets.partition { |code, _| code.match?(/include LlmRouter::Budget$|budget\.charges/) }

  describe "of the budget row", database: :sqlite do
    (code, line), (records, records_line) = of_rows

    let(:organization) { BudgetTable::Organization.create! }

    it "is as the snippet at line #{line} says" do
      # A model has a name of its own, so this one is defined where the specs have another.
      hide_const("LlmBudget")
      stub_const("ApplicationRecord", ActiveRecord::Base)
      place = TOPLEVEL_BINDING.dup
      place.local_variable_set(:organization, organization)
      place.eval(code, "README.md", line).call(messages: Support::MESSAGES)
      rows = BudgetTable::LlmBudget.order(:id)
      expect(rows.map { |row| [row.feature, row.period] }).to eq([%w[draft_reply daily], [nil, "monthly"]])
      expect(rows.map(&:spent_usd)).to eq([BigDecimal("0.00043705")] * 2)
      expect(place.eval(records, "README.md", records_line)).to eq("google/gemini-2.5-flash" => 1)
    ensure
      Object.send(:remove_const, :LlmBudget)
    end
  end

  of_others.each do |code, line|
    suite = code[%r{llm_router/testing/(rspec|minitest|budget_examples)}, 1]&.sub("budget_examples", "rspec")
    it "runs the snippet at line #{line}" do
      if suite
        expect(run_suite(code, suite)).to match(/\d examples?, 0 failures|1 runs, \d assertions, 0 failures, 0 errors/)
      else
        expect { run(code, line) }.to output(/.*/m).to_stdout
        ask unless subscribers.empty?
        expect(log).not_to include("a listener raised")
      end
    end
  end

  it "says of the budget's snippet what happens" do
    code, line = snippets.find { |snippet, _| snippet.include?("class OrganizationBudget") }
    run(code, line)
    expect(organization.llm_spent_usd).to eq(BigDecimal("0.00043705"))
  end

  it "says of the testing snippet what happens" do
    code, line = snippets.find { |snippet, _| snippet.include?("LlmRouter.testing! do") }
    expect(run(code, line)).to eq(["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"])
  end
end
