# frozen_string_literal: true

# The main job, for real: in a Rails app made for the occasion, Sidekiq drafts a reply through the :default chain while
# its primary is down. Run by bin/demo.

require "llm_router"
require "llm_router/testing/gateway"
require_relative "rails_app"
require_relative "redis"

def paint(code, text)
  $stdout.tty? || ENV["CLICOLOR_FORCE"] ? "\e[#{code}m#{text}\e[0m" : text
end

def line(label, text, code = nil)
  puts "  #{label.ljust(9)}#{code ? paint(code, text) : text}"
  $stdout.flush
end

def real_openrouter?
  return false unless ENV["OPENROUTER_API_KEY"]
  return true if ARGV.include?("--real")
  return false unless $stdin.tty?

  print "OPENROUTER_API_KEY is set: ask the real OpenRouter, for a fraction of a cent? [y/N] "
  $stdin.gets.to_s.strip.casecmp?("y")
end

# Where the app's calls go: the real OpenRouter, or a gateway whose primary is down.
def with_gateway
  if real_openrouter?
    line("gateway", "the real OpenRouter, where no model need be down")
    return yield({ OPENROUTER_API_KEY: ENV.fetch("OPENROUTER_API_KEY") })
  end
  LlmRouter::Testing::Gateway.start do |gateway|
    gateway.answer("Hi Ada, sorry about the wait! Your parcel left us this morning and is with you by Thursday.",
                   cost_usd: "0.00043705", provider: "Google", delay: 0.2)
    gateway.fail("anthropic/*", status: 503, message: "Provider returned error", delay: 0.1)
    line("gateway", "#{gateway.base_url} (scripted: anthropic/* answers 503)")
    yield({ GATEWAY_URL: gateway.base_url })
  end
end

def budget(app)
  app.runner(<<~RUBY).strip
    budget = LlmBudget.for(Organization.find_by!(name: "Acme"))
    print budget.spent_usd.to_s("F"), " of ", budget.cap_usd.to_s("F"), " USD this month"
  RUBY
end

def draft_reply(app, env)
  app.runner(<<~RUBY)
    acme = Organization.create!(name: "Acme")
    LlmBudget.for(acme).update!(cap_usd: "5.00")
    Message.create!(organization: acme, body: "Where is my parcel? I ordered a week ago. Ada")
  RUBY
  line("budget", "Acme has spent #{budget(app)}")
  sidekiq = app.start("bundle", "exec", "sidekiq", "-c", "1", log: "sidekiq.log", **env)
  answer = app.runner(<<~RUBY, **env)
    DraftReplyJob.perform_later((message = Message.last).id)
    Timeout.timeout(90) { sleep 0.1 until message.reload.suggested_reply }
    print message.suggested_reply
  RUBY
  show(app, answer)
ensure
  app.stop(sidekiq) if sidekiq
end

def show(app, answer)
  hops = app.log("development.log").lines.grep(/\[llm\].*next: /)
  hops.each { |hop| line("log", hop.strip.sub(/.*\[llm\]/, "[llm]"), 33) }
  line("answer", answer.lines.last.to_s.strip.inspect, 32)
  line("budget", "Acme has spent #{budget(app)}", 32)
end

app = RailsApp.new(File.expand_path("../tmp/demo_app", __dir__), gem_home: ENV.fetch("LLM_ROUTER_GEM_HOME"))
puts paint(1, "Sidekiq drafts a reply on a day when the primary model is down"), ""
line("app", "rails new tmp/demo_app, the gem, rails generate llm_router:install, rails db:migrate")
app.build
with_gateway { |env| OwnRedis.run { |redis| draft_reply(app, { REDIS_URL: redis, **env }) } }
app.command("bin/rails", "db:migrate", RAILS_ENV: "test")
line("spec", app.command("bundle", "exec", "rspec", "spec/draft_reply_job_spec.rb")[/\d+ examples?, .*/], 32)
