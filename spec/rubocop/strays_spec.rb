# frozen_string_literal: true

require_relative "cops_helper"

# rubocop:disable Layout/LineLength, -- tables of code

RSpec.describe "LlmRouter/StrayCall" do
  include CopsHelper

  def lines(code, **options) = lines_of(:StrayCall, code, **options)

  it "finds each planted call of a seeded app once, and none of its look-alikes", :slow do
    Dir.mktmpdir do |folder|
      folder = File.realpath(folder)
      marks = write_app(File.read(File.join(__dir__, "seeded_app.txt")), folder)
      expect(marks.values.tally).to match(true => 40, false => be >= 60)
      found = offenses_in(folder, "--only", "LlmRouter/StrayCall")
      expect(found).to match_array(marks.select { |_, planted| planted }.keys)
    end
  end

  # Each is one offense.
  {
    "a client in an argument's default" => "def initialize(client: OpenAI::Client.new) = @client = client",
    "a client by another name" => "Client = OpenAI::Client\nclass A\n  def a = Client.new\nend",
    "a client's class in a variable" => "def a\n  klass = ::Anthropic::Client\n  klass.new\nend",
    "a class below a client" => "class Mine < OpenAI::Client; end",
    "an anonymous class below a client" => "Mine = Class.new(OpenAI::Client)",
    "the gem's client in a class of the same name" => "class Ai::OpenAI\n  def a = OpenAI::Client.new\nend",
    "the gem's client in a module of the same name" => "module Ai\n  class Groq\n    def a = ::Groq::Client.new\n  end\nend",
    "a client in a module that is reopened" => "module OpenAI\n  VERSION = 1\nend\nOpenAI::Client.new",
    "safe navigation" => "OpenAI::Client&.new",
    "a client inside another call" => "JSON.parse(OpenAI::Client.new.chat(parameters: { model: 'gpt-4o' }))",
    "an instructor" => "Instructor.from_openai(OpenAI::Client).new(access_token: 'x')",
    "an ActiveAgent by its call" => "SupportAgent.with(message: 'Hi').help.generate_now",
    "a persisted chat of ruby_llm" => "class Chat < ApplicationRecord\n  acts_as_chat\nend",
    "a chat that another file made" => "@reply.chat.with_instructions(prompt).ask(text)",
    "a client of Bedrock that another file made" => "runtime.converse(model_id: 'x', messages: [])",
    "a client of Anthropic that another file made" => "client.messages.create(model: 'x', messages: [], max_tokens: 9)",
    "a client of OpenAI that another file made" => "client.chat.completions.create(model: 'x', messages: [])",
    "a path at a host that another file knows" => "connection.post('/v1/chat/completions', body)",
    "a URL of parts" => "BASE = 'https://api.x.ai'\nFaraday.get(BASE + '/v1/models')",
    "a URL from the environment with a default" => "Faraday.new(url: ENV.fetch('URL', 'https://api.openai.com/v1'))",
    "a URL or another" => "HTTParty.post(ENV['URL'] || 'https://api.openai.com/v1/chat/completions')",
    "a URL that is built" => "Net::HTTP.get(URI::HTTPS.build(host: 'api.deepseek.com', path: '/models'))",
    "a URL that is joined" => "HTTP.post(URI.join('https://api.groq.com', '/openai/v1/chat/completions'))",
    "a URL by format" => "Excon.post(format('https://bedrock-runtime.%s.amazonaws.com/model', region))",
    "a URL by an option" => "RestClient::Request.execute(method: :post, url: 'https://api.cohere.ai/v1/chat')",
    "a URL in an instance variable" => "def initialize\n  @url = 'https://api.mistral.ai/v1'\nend\ndef a = Curl.post(@url)",
    "a URL that is opened" => "URI.parse('https://generativelanguage.googleapis.com/v1beta/models').open",
    "a connection without the library's name" => "http.post('https://openrouter.ai/api/v1/chat/completions', body)",
    "a connection in a variable" => "def a\n  http = Net::HTTP.new('api.openai.com', 443)\n  http.post('/v1/chat/completions', x)\nend",
    "a prefix" => "Faraday.new do |f|\n  f.url_prefix = 'https://api.together.ai/v1'\nend",
    "a request alone" => "Net::HTTP::Post.new('https://api.perplexity.ai/chat/completions')",
    "a parent's connection" => "class A < Http\n  def initialize = super('https://api.replicate.com/v1')\nend",
    "a socket" => "Faye::WebSocket::Client.new('wss://api.openai.com/v1/realtime')",
    "curl" => "`curl https://api.openai.com/v1/models`",
    "a URL in a Hash" => "URLS = { a: 'https://api.x.ai/v1' }.freeze\ndef a(name, body) = Faraday.post(URLS.fetch(name), body)",
    "a URL in a Hash of Hashes" => "ALL = { x: { url: 'https://api.x.ai' } }\ndef a(name)\n  it = ALL[name]\n  Faraday.get(it[:url])\nend",
    "a client's class in a Hash" => "ALL = { a: OpenAI::Client, b: Anthropic::Client }\ndef a(name) = ALL[name].new",
    "a URL by attr_reader" => "attr_reader :uri\ndef initialize = @uri = URI.parse('https://api.together.xyz')\ndef a\n  " \
                              "Net::HTTP.start(uri.host, uri.port) { |http| http.post('/v1/x', body) }\nend",
    "an agent whose parent is in another file" => "class Support < ApplicationAgent\n  generate_with :openai, model: 'gpt-4o'\nend",
    "an agent once" => "class ApplicationAgent < ActiveAgent::Base\n  generate_with :openai\nend",
    "a local Ollama" => "HTTParty.post('http://localhost:11434/api/chat', body: {})"
  }.each do |what, code|
    it("finds #{what}") { expect(lines(code).size).to eq(1) }
  end

  # A key is one, however it is read.
  [
    'ENV["OPENAI_API_KEY"]', 'ENV.fetch("GROQ_API_KEY") { raise }', 'ENV.values_at("HF_TOKEN", "HOME")', 'ENV["XAI_API_KEY"].presence',
    'KEY = "MISTRAL_API_KEY"; ENV[KEY]', "Rails.application.credentials.openai", "Rails.application.credentials.openai[:api_key]",
    "Rails.application.credentials.anthropic.api_key", "Rails.application.credentials.fetch(:gemini_api_key)",
    "Rails.application.credentials.dig!(:azure_openai, :key)", "Rails.application.secrets.openai_access_token",
    "Rails.configuration.x.openai.api_key", "Settings.openai.api_key", "Rails.application.config_for(:openai)[:api_key]",
    "Figaro.env.deepseek_api_key!", 'GlobalConfig.get("OPENROUTER_API_KEY")'
  ].each do |code|
    it("finds the key #{code}") { expect(lines(code).size).to eq(1) }
    it("lets initializers read #{code}") { expect(lines(code, path: "config/initializers/llm.rb")).to be_empty }
  end

  {
    "an initializer of an engine" => 'initializer("llm") { Llm.key = ENV["OPENAI_API_KEY"] }',
    "the router's configuration" => 'LlmRouter.configure { |c| c.api_key = ENV["OPENROUTER_API_KEY"] }',
    "a class of the app's in the same file" => "module Sky\n  class Gemini\n  end\n  Gemini.new(api_key: 'x')\nend",
    "a module of the app's with a client of its own" => "module Groq\n  class Client; end\nend\nGroq::Client.new",
    "a fake client" => "OpenAI::FakeClient.new",
    "a class in another namespace" => "Ai::OpenAI::Client.new",
    "Faraday's stubs" => "stubs.post('https://api.openai.com/v1/chat/completions') { [200, {}, ''] }",
    "Typhoeus' stubs" => "Typhoeus.stub('https://api.openai.com/v1/chat/completions')",
    "an ordinary association" => "conversation.messages.create!(model: 'Car', body: text)",
    "a URL that is only parsed" => "URI.parse('https://api.openai.com/v1').host",
    "an SSL check of a status page" => "Net::HTTP.start('status.openai.com', 443) { |http| http.head('/') }",
    "a tool of ruby_llm" => "class Weather < RubyLLM::Tool\n  description 'x'\nend",
    "a connection through the adapter" => "OpenAI::Client.new { |f| f.adapter(:llm_router, chain: :default) }",
    "limits of tokens" => 'ENV["OPENAI_TOKEN_LIMIT"]; Rails.application.credentials.dig(:openai, :max_tokens)',
    "another company's key" => 'ENV["ACME_CO_API_KEY"]',
    "settings of a model" => "Rails.configuration.x.openai.model; Rails.configuration.llm",
    "labels of keys" => 'LABELS["OPENAI_API_KEY"]',
    "reports that are generated" => "report.generate_later; Report.generate(parameters: params)",
    "another key of a Hash" => "URLS = { docs: 'https://platform.openai.com/docs', api: 'https://api.openai.com/v1' }\nFaraday.get(URLS[:docs])",
    "settings of another kind" => "Settings.openai.model; Settings.site.title; Rails.application.config_for(:stripe)[:api_key]",
    "a method of another object" => "builder.generate_with(:openai)",
    "what only the word has" => "gemini = Zodiac.find('gemini'); mistral = Wind.new(name: :mistral)"
  }.each do |what, code|
    it("finds nothing in #{what}") { expect(lines(code)).to be_empty }
  end

  it "finds nothing in names of the app's that Rails would load" do
    Dir.mktmpdir do |root|
      write_app("== app/models/groq/client.rb\nclass Groq::Client\nend\n== lib/cohere.rb\nmodule Cohere\n  class Client\n  end\nend\n", root)
      expect(lines("Groq::Client.new; Cohere::Client.new; Mistral::Client.new", root: root).size).to eq(1)
    end
  end

  it "finds them in an app that is a part of a repository" do
    Dir.mktmpdir do |root|
      write_app("== backend/app/models/cohere.rb\nclass Cohere < ApplicationRecord\nend\n", root)
      expect(lines("Cohere.new(api_key: 'x')", root: root, path: "backend/app/services/a.rb")).to be_empty
    end
  end

  %w[test/fixtures/files/llm.rb spec/system/llm.rb backend/spec/requests/llm.rb engines/chat/test/dummy/app/llm.rb].each do |path|
    it("finds nothing in the test #{path}") { expect(lines("OpenAI::Client.new", path: path)).to be_empty }
  end

  it "finds calls in the app's own folder named test" do
    expect(lines("OpenAI::Client.new", path: "app/services/test/llm.rb").size).to eq(1)
  end

  # Each takes minutes, or has no end, where names are followed again and again.
  {
    "a value of itself" => "  config = config[:a]\n" * 20,
    "a text of itself" => "  config = config + config\n" * 30,
    "two of each other" => "  other = config ? other : config\n  config = other ? config : other\n" * 10,
    "a Hash of itself" => "  config = { a: config[:a], b: config.fetch(:b) }\n" * 20
  }.each do |what, code|
    it "comes to an end with #{what}" do
      Timeout.timeout(60) { expect(lines("def a\n#{code}  Faraday.get(config[:url])\n  Faraday.get(config)\nend")).to be_empty }
    end
  end

  it "works without a configuration" do
    source = RuboCop::ProcessedSource.new("OpenAI::Client.new", 3.1, nil)
    cop = RuboCop::Cop::LlmRouter::StrayCall.new
    source.registry = RuboCop::Cop::Registry.global
    source.config = cop.config
    expect(RuboCop::Cop::Commissioner.new([cop], [], raise_error: true).investigate(source).offenses.size).to eq(1)
  end

  it "says of what is no chat that a chain cannot answer it" do
    expect(RuboCop::Cop::LlmRouter::StrayCall.new.send(:message_of, "RubyLLM.embed")).to include("Keep it in one class")
  end
end
# rubocop:enable Layout/LineLength
