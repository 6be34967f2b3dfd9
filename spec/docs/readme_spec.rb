# frozen_string_literal: true

require "llm_router/notifications"
require "active_support/cache"
require_relative "../support/article/app"
require_relative "../budget/budget_helper"

# Every snippet of Ruby in the README and the guides runs.
RSpec.describe "The snippets of README.md and docs" do
  documents = Support::Documents
  snippets = documents::ALL.flat_map { |file| documents.snippets(file) }
  find = ->(file, text) { snippets.find { |snippet| snippet.file == file && snippet.code.include?(text) } }
  the_job = find.call("README.md", "class DraftReplyJob")

  # What the snippets take for granted of the app around them.
  let(:world) do
    Class.new do
      attr_reader :budget, :organization

      def initialize(budget, organization)
        @budget = budget
        @organization = organization
      end

      def router = LlmRouter.new(budget: budget)

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

  # What the snippets subscribe is removed before the next example.
  let(:subscribers) { [] }

  after { subscribers.each { |subscriber| ActiveSupport::Notifications.unsubscribe(subscriber) } }

  let(:router) { LlmRouter.new(chain: :default, budget: budget) }

  before do
    stub_const("ENV", ENV.to_h.merge("OPENROUTER_API_KEY" => "test-key", "GROQ_API_KEY" => "test-key",
                                     "OPENAI_API_KEY" => "test-key", "AZURE_OPENAI_API_KEY" => "test-key"))
    metrics = Class.new do
      def self.method_missing(*, **) = self # rubocop:disable Style/MissingRespondToMissing
      def initialize(**); end
    end
    %w[Metrics StatsD Prometheus::Client OpenTelemetry Sentry Sentry::Breadcrumb Honeybadger Appsignal]
      .each { |name| stub_const(name, metrics) }
    allow(ActiveSupport::Notifications).to receive(:subscribe).and_wrap_original do |subscribe, *arguments, &block|
      subscribe.call(*arguments, &block).tap { |subscriber| subscribers << subscriber }
    end
    stub_const("Rails", Struct.new(:cache).new(ActiveSupport::Cache::MemoryStore.new)) unless defined?(Rails.cache)
    gateway.answer("Hello!", cost_usd: "0.00043705")
    gateway.fail("anthropic/*", status: 503, retry_after: 7)
    gateway.embed("*text-embedding*")
    configure
  end

  def run(snippet)
    hosts = %r{https://(openrouter\.ai/api|api\.groq\.com/openai|api\.openai\.com)/v1|https://shop\.openai\.azure\.com/[^?"]+}
    code = snippet.code.gsub(hosts, gateway.base_url)
    world.new(budget, organization).run(code, snippet.line, snippet.file)
  end

  # A test suite runs as one, in a process of its own, with the README's job in it.
  def run_suite(snippet, job)
    IO.popen([RbConfig.ruby, "-I", "#{Support::Documents::ROOT}/lib", "-", { err: %i[child out] }], "r+") do |ruby|
      ruby.write(start_of(snippet.suite), job.code, snippet.code)
      ruby.close_write
      ruby.read
    end
  end

  def start_of(autorun)
    <<~RUBY
      require "#{autorun}/autorun"
      require "active_support/test_case" if #{autorun == 'minitest'}
      require "llm_router"
      %w[article/app reserving_budget].each { |file| require "#{Support::Documents::ROOT}/spec/support/" + file }
      class TeamBudget < Support::ReservingBudget
        def initialize(cap_usd:) = super(cap: cap_usd)
      end
      LlmRouter.configure { |config| (config.logger = nil) || config.chain(:default, %w[#{Support::CHAIN.join(' ')}]) }
    RUBY
  end

  it "are found" do
    expect(snippets.count { |snippet| snippet.file == "README.md" }).to be >= 5
    expect(snippets.count(&:rows?)).to be >= 3
    expect(snippets.map(&:suite)).to include("rspec", "minitest")
  end

  snippets.reject(&:rows?).each do |snippet|
    it "run: #{snippet}", slow: !snippet.suite.nil? do
      if snippet.suite
        output = run_suite(snippet, the_job)
        expect(output).to match(/\d examples?, 0 failures|1 runs, \d assertions, 0 failures, 0 errors/)
      else
        expect { run(snippet) }.to output(/.*/m).to_stdout
        ask unless subscribers.empty?
        expect(log).not_to include("a listener raised")
      end
    end
  end

  describe "about the budget's rows", database: :sqlite do
    let(:organization) { BudgetTable::Organization.create! }
    # A model has a name of its own, so a snippet's is defined where the specs have another.
    let(:place) { TOPLEVEL_BINDING.dup.tap { |place| place.local_variable_set(:organization, organization) } }

    before do
      stub_const("ApplicationRecord", ActiveRecord::Base)
      # Those of other specs are not connected to anything.
      allow(LlmRouter::Budget).to receive(:models).and_return([BudgetTable::LlmBudget])
    end

    # What the snippet prints, and its value.
    def run_rows(snippet)
      configure(record_calls: true) if snippet.code.include?("LlmRouter.switch")
      defines = snippet.code.include?("class LlmBudget")
      defines ? hide_const("LlmBudget") : stub_const("LlmBudget", BudgetTable::LlmBudget)
      place.eval(snippet.code, snippet.file, snippet.line)
    ensure
      Object.send(:remove_const, :LlmBudget) if defines
    end

    snippets.select(&:rows?).each do |snippet|
      it("run: #{snippet}") { expect { run_rows(snippet) }.to output(/.*/m).to_stdout }
    end

    it "charge what they say: both budgets, and each charge on record" do
      run_rows(find.call("docs/budgets.md", "class LlmBudget")).call(messages: Support::MESSAGES)
      rows = BudgetTable::LlmBudget.order(:id)
      expect(rows.map { |row| [row.feature, row.period] }).to eq([%w[draft_reply daily], [nil, "monthly"]])
      expect(rows.map(&:spent_usd)).to eq([BigDecimal("0.00043705")] * 2)
      models = nil
      expect { models = run_rows(find.call("docs/budgets.md", "budget.charges")) }.to output(/USD/).to_stdout
      expect(models).to eq("google/gemini-2.5-flash" => 1)
    end

    it "have the remaining money that the README says" do
      expect(run_rows(find.call("README.md", "class LlmBudget"))).to eq(10)
    end
  end

  it "charge a budget of one's own" do
    run(find.call("docs/budgets.md", "class OrganizationBudget"))
    expect(organization.llm_spent_usd).to eq(BigDecimal("0.00043705"))
  end

  it "fall back as the README's first one says" do
    expect(run(find.call("README.md", "draft.cost_usd"))).to eq(BigDecimal("0.00043705"))
    expect(budget.charges).to eq([BigDecimal("0.00043705")])
  end

  it "call the models that the guide to tests says" do
    snippet = find.call("docs/testing.md", "LlmRouter.testing! do")
    expect(run(snippet)).to eq(["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"])
  end

  it "fail as the guide to failures says" do
    gateway.fail(status: 503, retry_after: 7)
    expect(run(find.call("docs/failures.md", "rescue LlmRouter::RequestRejected"))).to eq(7)
    expect(run(find.call("docs/failures.md", "gateway.empty"))).to eq(%i[blank unavailable])
  end
end
