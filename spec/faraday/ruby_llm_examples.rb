# frozen_string_literal: true

# What ruby_llm does through a chain, as JSON: one line for each example. In a process of its own, because ruby_llm is
# not in the bundle. Run by ruby_llm_spec.rb.

require "active_record"
require "json"
require "llm_router/testing"
require "llm_router/ruby_llm"
%w[record payload_helpers model tool_call usage batch mcp_credential provider_file chat_methods message_methods acts_as]
  .each { |file| require "ruby_llm/active_record/#{file}" }

# A budget that says what was charged.
class Purse
  attr_reader :charges

  def initialize = @charges = []
  def exhausted? = false
  def charge!(usd) = charges << usd
end

BUDGET = Purse.new
LlmRouter.configure do |config|
  config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
  config.logger = nil
  config.retries = 0
end
RubyLLM.configure do |config|
  config.log_file = File::NULL
  config.llm_router_budget = BUDGET
end

def example(name)
  puts JSON.generate(name => yield)
rescue StandardError => e
  puts JSON.generate(name => "#{e.class}: #{e.message}")
end

def chat = RubyLLM.chat(model: "default", provider: :llm_router)

def last_request = LlmRouter.testing.requests.last

def script(...) = LlmRouter.testing!(...)

# A tool as its README has it.
class Weather < RubyLLM::Tool
  description "Gets current weather for a city"

  def execute(city:) = "sunny in #{city}"
end

SCHEMA = { name: "person", schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"],
                                     additionalProperties: false } }.freeze
CALL = { id: "call-1", type: "function", function: { name: "weather", arguments: '{"city":"Bonn"}' } }.freeze

def script_tool
  script do |gateway|
    gateway.answer("It is sunny", cost_usd: "0.001")
    gateway.answer(nil, tool_calls: [CALL], cost_usd: "0.001", times: 1)
  end
end

example("chat") do
  script do |gateway|
    gateway.answer("Hello", cost_usd: "0.0021")
    gateway.fail("anthropic/*", status: 503)
  end
  answer = chat.with_instructions("Be kind").with_temperature(0.2).ask("Hi")
  [answer.content, answer.model, BUDGET.charges.last.to_s("F"), answer.raw.env[:llm_router_response].fallback?,
   { temperature: last_request.body["temperature"], roles: last_request.messages.map { |message| message["role"] } }]
end

example("tools") do
  script_tool
  [chat.with_tools(Weather).ask("Weather?").content, last_request.messages.last["content"]]
end

example("schema") do
  script { |gateway| gateway.answer({ name: "Ada" }) }
  answer = chat.with_schema(SCHEMA).ask("Who?")
  [JSON.parse(answer.content), last_request.body.dig("response_format", "type")]
end

example("conversation") do
  script { |gateway| gateway.answer("Hello") }
  talk = chat
  2.times { talk.ask("Hi") }
  talk.messages.map { |message| message.role.to_s }
end

example("context") do
  script { |gateway| gateway.answer("Hello", cost_usd: "0.001") }
  own = Purse.new
  before = BUDGET.charges.size
  RubyLLM.context { |config| config.llm_router_budget = own }.chat(model: "default", provider: :llm_router).ask("Hi")
  [own.charges.size, BUDGET.charges.size - before]
end

example("no retries of its own") do
  script { |gateway| gateway.fail(status: 429) }
  chat.ask("Hi")
rescue RubyLLM::RateLimitError
  LlmRouter.testing.requests.size
end

example("a request at fault") do
  script { |gateway| gateway.fail(status: 400, message: "no such tool") }
  chat.ask("Hi")
rescue RubyLLM::BadRequestError => e
  e.message
end

example("streams") { chat.ask("Hi") { nil } }

example("no budget") do
  RubyLLM.context { |config| config.llm_router_budget = nil }.chat(model: "default", provider: :llm_router).ask("Hi")
end

example("no chain") do
  RubyLLM.chat(model: "unknown", provider: :llm_router).ask("Hi")
end

ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:ruby_llm_models) do |t|
    %i[model_id name provider family].each { |name| t.string name }
    %i[model_created_at unlisted_at].each { |name| t.datetime name }
    %i[context_window max_output_tokens].each { |name| t.integer name }
    t.date :knowledge_cutoff
    %i[modalities capabilities pricing metadata].each { |name| t.json name }
    t.timestamps
  end
  create_table(:chats) do |t|
    t.references :ruby_llm_model
    t.boolean :cancelled, default: false
    t.timestamps
  end
  create_table(:messages) do |t|
    t.references :chat
    %i[role content cache_ttl thinking_text thinking_signature finish_reason].each { |name| t.text name }
    t.boolean :cache_until_here, default: false
    %i[citations server_tool_calls raw_content raw_reasoning].each { |name| t.json name }
    t.timestamps
  end
  create_table(:ruby_llm_tool_calls) do |t|
    t.references :message, polymorphic: true
    t.references :result, polymorphic: true
    %i[tool_call_id name thought_signature approval].each { |name| t.string name }
    t.boolean :remote, default: false
    %i[arguments mcp_state mcp_result].each { |name| t.json name }
    t.timestamps
  end
  create_table(:ruby_llm_usages) do |t|
    %i[chat message owner].each { |name| t.references name, polymorphic: true }
    %i[operation provider model status].each { |name| t.string name }
    %i[input output cache_read cache_write thinking].each { |name| t.integer :"#{name}_tokens" }
    t.json :server_tool_use
    %i[input output cache_read cache_write thinking total].each { |name| t.decimal :"#{name}_cost" }
    t.timestamps
  end
end

ActiveRecord::Base.include(RubyLLM::ActiveRecord::ActsAs)

class Chat < ActiveRecord::Base
  acts_as_chat
end

class Message < ActiveRecord::Base
  acts_as_message
end

example("acts_as_chat") do
  script_tool
  record = Chat.create!(model: "default", provider: :llm_router, assume_model_exists: true)
  answer = record.with_tools(Weather).ask("Weather?")
  [answer.content, record.messages.reload.map(&:role), LlmRouter.testing.requests.size]
end
