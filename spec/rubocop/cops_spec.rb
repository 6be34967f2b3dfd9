# frozen_string_literal: true

require_relative "cops_helper"

# rubocop:disable Layout/LineLength, Layout/LineContinuationLeadingSpace -- tables of code
# The cops about calls of the router, and about falling back by hand.
RSpec.describe "The cops" do
  include CopsHelper

  router = "LlmRouter.new(chain: :default, budget: budget)"
  call = "#{router}.call(messages: messages, max_tokens: 9)"
  openai = "OpenAI::Client.new.chat(parameters: { model: model })"

  describe "LlmRouter/RescuedFallback" do
    {
      "a second router" => "begin\n  #{call}\nrescue LlmRouter::Error\n  #{call.sub('default', 'small')}\nend",
      "a second client" => "def a\n  #{openai}\nrescue Faraday::Error => e\n  warn(e)\n  Anthropic::Client.new.messages\nend",
      "a direct call after the router" => "def a\n  #{call}\nrescue StandardError\n  RubyLLM.chat.ask('Hi')\nend",
      "a modifier" => "#{call} rescue #{openai}",
      "a helper of the same class" => "class A\n  def a\n    first\n  rescue StandardError\n    second\n  end\n  def first = #{call}\n" \
                                      "  def second = #{openai}\nend",
      "itself with another model" => "def ask(model = 'gpt-4o')\n  #{openai}\nrescue StandardError\n  ask('gpt-4o-mini')\nend",
      "a memoized router" => "def router = @router ||= #{router}\ndef a\n  router.call(messages: m, max_tokens: 9)\n" \
                             "rescue LlmRouter::Error\n  Groq::Client.new.chat('Hi')\nend",
      "retry with another model" => "def a\n  model ||= 'gpt-4o'\n  #{openai}\nrescue StandardError\n  model = 'gpt-4o-mini'\n  retry\nend",
      "retry with the next of a list" => "def a\n  #{openai}\nrescue StandardError\n  retry if (model = models.shift)\n  raise\nend",
      "the article's loop" => "def a\n  @models.each do |model|\n    return request(model)\n  rescue Faraday::Error => e\n    warn(e)\n" \
                              "    next\n  end\nend\ndef request(model) = #{openai}",
      "classes that are named after vendors" => "def a = ClaudeService.call(text)\ndef b\n  OpenAiService.call(text)\n" \
                                                "rescue StandardError\n  ClaudeService.call(text)\nend",
      "a for loop" => "for model in MODELS\n  begin\n    return RubyLLM.chat(model: model).ask(x)\n  rescue StandardError\n    next\n  end\nend",
      "a list that gets shorter" => "until models.empty?\n  begin\n    return RubyLLM.chat(model: models.shift).ask(x)\n  rescue StandardError => e\n    warn(e)\n  end\nend",
      "another model's name" => "begin\n  ask(text, model: 'gpt-4o')\nrescue StandardError\n  ask(text, model: 'claude-3-haiku')\nend"
    }.each do |what, code|
      it("finds #{what}") { expect(lines_of(:RescuedFallback, code).size).to eq(1) }
    end

    it "comes to an end where methods call each other" do
      methods = (1..25).map { |n| "def a#{n}\n  a#{n + 1}\n  a#{n + 2}\n  a1\nrescue StandardError\n  a#{n + 2}\nend\n" }
      Timeout.timeout(60) { expect(lines_of(:RescuedFallback, methods.join)).to be_empty }
    end

    {
      "a report" => "begin\n  #{call}\nrescue LlmRouter::Error => e\n  Rails.error.report(e)\n  nil\nend",
      "a plain retry" => "begin\n  #{openai}\nrescue Faraday::TimeoutError\n  retry if (attempts += 1) < 3\n  raise\nend",
      "an answer that is paid for" => "begin\n  #{call}\nrescue LlmRouter::ChargeFailed => e\n  e.response\nend",
      "a job for later" => "begin\n  #{call}\nrescue LlmRouter::BudgetExceeded\n  DraftReplyJob.set(wait: 1.day).perform_later(id)\nend",
      "a template" => "def a\n  #{call}\nrescue LlmRouter::ChainExhausted\n  fallback_text\nend\ndef fallback_text = 'Later'",
      "a first call" => "begin\n  Rails.cache.fetch!(key)\nrescue KeyError\n  #{call}\nend",
      "models that are records" => "models.each do |model|\n  model.save!\nrescue ActiveRecord::RecordInvalid\n  next\nend",
      "two templates" => "begin\n  render('posts/show')\nrescue StandardError\n  render('posts/error')\nend",
      "jobs of many messages" => "messages.each do |message|\n  #{call}\nrescue LlmRouter::Error\n  next\nend"
    }.each do |what, code|
      it("finds nothing in #{what}") { expect(lines_of(:RescuedFallback, code)).to be_empty }
    end
  end

  describe "LlmRouter/CallInController" do
    {
      "a controller" => "class A < ApplicationController\n  def a = #{call}\nend",
      "a controller's helper method" => "class AController\n  private\n  def draft\n    router = #{router}\n    " \
                                        "router.call(messages: [], max_tokens: 9)\n  end\nend",
      "a before_action" => "class AController < B\n  before_action { #{call} }\nend",
      "a Grape API" => "class A < Grape::API\n  get { #{call} }\nend",
      "a helper" => "module RepliesHelper\n  def a = #{call}\nend",
      "a component" => "class Reply < ViewComponent::Base\n  def before_render = @a = #{call}\nend",
      "a component of the app's" => "class Reply < ApplicationComponent\n  def a = #{call}\nend",
      "a method that a callback names" => "class A < ApplicationRecord\n  after_create :draft\n  def draft = update(a: #{call})\nend",
      "a method that such a method calls" => "class A < ApplicationRecord\n  after_commit :a, on: :create\n  def a = b\n  " \
                                             "def b = #{call}\nend",
      "a callback's block" => "class A < ApplicationRecord\n  before_save { self.a = #{call}.content }\nend",
      "a callback's lambda" => "class A < ApplicationRecord\n  before_validation -> { #{call} }\nend",
      "a concern's callback" => "module A\n  extend ActiveSupport::Concern\n  included { after_save_commit :a }\n  def a = #{call}\nend",
      "an association's callback" => "class A < ApplicationRecord\n  has_many :b, after_add: :a\n  def a(_b) = #{call}\nend",
      "a callback's object" => "class Drafter\n  def after_create(record) = #{call}\nend",
      "a callback's argument" => "class A < ApplicationRecord\n  after_create { |record| record.draft! }\n  def draft! = #{call}\nend",
      "a callback by its method" => "class A < ApplicationRecord\n  before_save(&:draft!)\n  def draft! = #{call}\nend",
      "a callback's condition" => "class A < ApplicationRecord\n  before_save :a, if: :urgent?\n  def urgent? = #{call}\nend",
      "a validator" => "class Kind < ActiveModel::EachValidator\n  def validate_each(record, name, value) = #{call}\nend",
      "a channel" => "class Chat < ApplicationCable::Channel\n  def speak(data) = transmit(#{call})\nend",
      "embeddings" => "class AController < B\n  def a = #{router}.embed(input: 'x')\nend",
      "a validation" => "class A < ApplicationRecord\n  validate :kind\n  def kind = #{call}\nend"
    }.each do |what, code|
      it("finds #{what}") { expect(lines_of(:CallInController, code, path: "thing.rb").size).to eq(1) }
    end

    %w[app/controllers/concerns/drafts.rb app/helpers/drafts.rb app/views/replies/show.json.jbuilder
       app/components/reply.rb app/graphql/mutations/draft.rb app/channels/chat.rb app/serializers/reply.rb
       config/routes.rb app/middleware/draft.rb].each do |path|
      it("finds a call in #{path}") { expect(lines_of(:CallInController, call, path: path).size).to eq(1) }
    end

    {
      "a job" => "class DraftJob < ApplicationJob\n  def perform = #{call}\nend",
      "a service" => "class Draft\n  def call = #{call}\nend",
      "a model's own method" => "class A < ApplicationRecord\n  after_create :enqueue\n  def draft = #{call}\n  " \
                                "def enqueue = DraftJob.perform_later(id)\nend",
      "a job's callback" => "class DraftJob < ApplicationJob\n  before_perform { #{call} }\nend",
      "a call that is allowed" => "class AController < B\n  def a = LlmRouter.allow_in_request { #{call} }\nend",
      "a router that is only made" => "class AController < B\n  def a = #{router}\nend",
      "Rails' own router" => "class AController < B\n  def a = Rails.application.routes.router.call(env)\nend"
    }.each do |what, code|
      it("finds nothing in #{what}") { expect(lines_of(:CallInController, code)).to be_empty }
    end
  end

  describe "LlmRouter/ChargeTwice" do
    made = "router = #{router}\ndraft = router.call(messages: messages, max_tokens: 9)\n"
    {
      "the article's last line" => "#{made}budget.charge!(draft.cost_usd)",
      "a budget that is looked up" => "draft = LlmRouter.new(budget: LlmBudget.for(org)).call(messages: m)\nLlmBudget.for(org).charge!(draft.cost_usd)",
      "a budget in a variable" => "@budget = LlmBudget.for(org)\n#{made.sub('budget: budget', 'budget: @budget')}@budget.charge!(draft.cost_usd)",
      "a cost in a variable" => "#{made}cost = draft.cost_usd\nbudget.charge!(cost)",
      "safe navigation" => "#{made}budget&.charge!(draft.cost_usd) if draft.cost_usd",
      "one of many budgets" => "#{made.sub('budget: budget', 'budget: [a, budget]')}budget.charge!(draft.cost_usd)",
      "embeddings" => "found = #{router}.embed(input: 'x')\nbudget.charge!(found.cost_usd)",
      "a method of its own" => "class A\n  def a = settle(#{router}.call(messages: m))\n  def settle(draft) = budget.charge!(draft.cost_usd)\nend",
      "many calls" => "#{router}.call_all(requests) { |_, draft| budget.charge!(draft.cost_usd) }",
      "a router from elsewhere" => "draft = router.call(messages: m)\nbudget.charge!(draft.cost_usd)"
    }.each do |what, code|
      it("finds #{what}") { expect(lines_of(:ChargeTwice, code).size).to eq(1) }
    end

    {
      "a charge that failed" => "begin\n  #{made}rescue LlmRouter::ChargeFailed => e\n  budget.charge!(e.cost_usd)\nend",
      "a card" => "#{made}customer.charge!(invoice.total)",
      "another budget" => "#{made}team_budget.charge!(draft.cost_usd)",
      "a router without a budget" => "draft = LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: m)\nbudget.charge!(draft.cost_usd)",
      "a charge before" => "budget.charge!(old.cost_usd)\n#{made}",
      "a client without a router" => "answer = #{openai}\nbudget.charge!(answer.cost_usd)"
    }.each do |what, code|
      it("finds nothing in #{what}") { expect(lines_of(:ChargeTwice, code)).to be_empty }
    end
  end

  describe "LlmRouter/MissingMaxTokens" do
    {
      "a call" => "#{router}.call(messages: messages)",
      "a call with nil" => "#{router}.call(messages: messages, max_tokens: nil)",
      "a router in a variable" => "@drafts = #{router}\n@drafts.call(messages: messages, temperature: 0)",
      "a router from elsewhere" => "router.call(messages: messages)",
      "options of this file" => "OPTIONS = { temperature: 0 }.freeze\nrouter.call(messages: messages, **OPTIONS)",
      "requests that a method makes" => "router.call_all(tickets.map { |ticket| request(ticket) })\ndef request(ticket) = { messages: prompt(ticket) }",
      "requests of a batch" => "router.call_all([{ messages: a }, { messages: b, max_tokens: 9 }])",
      "requests that are mapped" => "requests = tickets.map { |ticket| { messages: prompt(ticket) } }\nrouter.call_all(requests)"
    }.each do |what, code|
      it("finds #{what}") { expect(lines_of(:MissingMaxTokens, code).size).to eq(1) }
    end

    {
      "a call with a limit" => "router.call(messages: messages, max_completion_tokens: 9)",
      "a call with a string" => 'router.call(messages: messages, "max_tokens" => 9)',
      "options of this file" => "OPTIONS = { max_tokens: 9 }.freeze\nrouter.call(messages: messages, **OPTIONS)",
      "embeddings" => "router.embed(input: 'x')\nrouter.embed_all([{ input: 'x' }])",
      "options from elsewhere" => "router.call(messages: messages, **options)",
      "a chain with limits" => "LlmRouter.new(chain: [{ model: 'a/b', params: { max_tokens: 9 } }], budget: b).call(messages: m)",
      "another object" => "Notify.new.call(messages: messages)"
    }.each do |what, code|
      it("finds nothing in #{what}") { expect(lines_of(:MissingMaxTokens, code)).to be_empty }
    end

    it "finds nothing where the initializer limits each candidate of the chain" do
      Dir.mktmpdir do |root|
        candidates = "[{ model: 'a/b', params: { max_tokens: 9 } }, { model: 'c/d', params: { max_tokens: 9 } }]"
        write_app("== config/initializers/llm_router.rb\nLlmRouter.configure { |c| c.chain :default, #{candidates} }\n", root)
        expect(lines_of(:MissingMaxTokens, "#{router}.call(messages: m)", root: root)).to be_empty
        expect(lines_of(:MissingMaxTokens, "#{router.sub('default', 'other')}.call(messages: m)", root: root).size).to eq(1)
      end
    end
  end

  describe "together" do
    it "find nothing in the demo's app, and nothing in what the generator writes", :slow do
      root = File.expand_path("../..", __dir__)
      Dir.mktmpdir do |folder|
        FileUtils.cp_r("#{root}/demo/rails/.", folder)
        FileUtils.mkdir_p("#{folder}/config/initializers")
        template = File.read("#{root}/lib/generators/llm_router/install/templates/initializer.rb.tt")
        File.write("#{folder}/config/initializers/llm_router.rb", template.lines.grep_v(/^<%/).join)
        expect(offenses_in(folder, "--only", "LlmRouter")).to eq([])
        File.write("#{folder}/app/stray.rb", "OpenAI::Client.new\n")
        expect(offenses_in(folder, "--only", "LlmRouter")).to eq([["app/stray.rb", 1]])
      end
    end

    it "are loaded as a plugin where RuboCop knows plugins", :slow do
      skip "RuboCop before 1.72 knows no plugins" unless defined?(RuboCop::Plugin)

      Dir.mktmpdir do |folder|
        File.write("#{folder}/stray.rb", "OpenAI::Client.new\n")
        expect(offenses_in(folder, "--only", "LlmRouter", config: "plugins: llm_router")).to eq([["stray.rb", 1]])
      end
    end

    it "say what to write instead, and are all in the guide" do
      names = YAML.load_file(File.expand_path("../../config/default.yml", __dir__)).keys.drop(1)
      guide = Support::Documents.read("docs/strays.md")
      expect(names).to match_array(RuboCop::Cop::LlmRouter.constants.grep_v(:WholeFile).map { |cop| "LlmRouter/#{cop}" })
      expect(names).to all(satisfy { |name| guide.include?("`#{name}`") })
    end

    it "cost nothing where RuboCop is not loaded" do
      expect(output_of("require 'llm_router'; print $LOADED_FEATURES.grep(/rubocop/)")).to eq("[]")
    end
  end
end
# rubocop:enable Layout/LineLength, Layout/LineContinuationLeadingSpace
