# frozen_string_literal: true

# The main job, for real: a reply is drafted through the :default chain while its primary is down.
# Run by bin/demo.

require "llm_router"
require "llm_router/testing/gateway"
require_relative "app"
require_relative "draft_reply_job"

CHAIN = %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash meta-llama/llama-3.3-70b-instruct].freeze

def paint(code, text)
  $stdout.tty? || ENV["CLICOLOR_FORCE"] ? "\e[#{code}m#{text}\e[0m" : text
end

def line(label, text, code = nil)
  puts "  #{label.ljust(9)}#{code ? paint(code, text) : text}"
end

def dollars(amount)
  "#{amount.to_s('F')} USD"
end

def real_openrouter?
  return false unless ENV["OPENROUTER_API_KEY"]
  return true if ARGV.include?("--real")
  return false unless $stdin.tty?

  print "OPENROUTER_API_KEY is set: ask the real OpenRouter, for a fraction of a cent? [y/N] "
  $stdin.gets.to_s.strip.casecmp?("y")
end

def script(gateway)
  gateway.answer("Hi Ada, sorry about the wait! Your parcel left us this morning and is with you by Thursday.",
                 cost_usd: "0.00043705", provider: "Google", delay: 0.2)
  gateway.fail("anthropic/*", status: 503, message: "Provider returned error", delay: 0.1)
end

def configure(**settings)
  LlmRouter.configure do |config|
    settings.each { |name, value| config.public_send(:"#{name}=", value) }
    config.logger = nil # the hops are shown below instead
    config.chain :default, CHAIN
    config.on_hop { |hop| line("hop", "#{hop.model}: #{hop.why} after #{format('%.2f', hop.duration)} s", 33) }
  end
end

def draft_reply
  acme = Organization.new(1, "Acme")
  message = Message.create!(id: 7, organization: acme, body: "Where is my parcel? I ordered a week ago. Ada")
  budget = LlmBudget.for(acme)
  before = budget.spent_usd
  show(budget)
  DraftReplyJob.perform_now(message.id)
  line("answer", message.suggested_reply.inspect, 32)
  line("cost", dollars(budget.spent_usd - before), 32)
  show(budget)
end

def show(budget)
  line("budget", "Acme has spent #{dollars(budget.spent_usd)} of #{dollars(budget.cap_usd)}")
end

puts paint(1, "A reply is drafted on a day when the primary model is down"), ""
line("chain", CHAIN.join(" -> "))
if real_openrouter?
  configure
  line("gateway", "the real OpenRouter, where no model need be down")
  draft_reply
else
  LlmRouter::Testing::Gateway.start do |gateway|
    script(gateway)
    configure(base_url: gateway.base_url, api_key: "test-key")
    line("gateway", "#{gateway.base_url} (scripted: anthropic/* answers 503)")
    draft_reply
  end
end
