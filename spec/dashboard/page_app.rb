# frozen_string_literal: true

# A small API-only Rails app with the page mounted, for dashboard_helper.rb: it prints its port, and ends with its
# standard input. What is posted to /eval it evaluates.
require "logger"
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "puma"
require "puma/server"
require "llm_router"

# The app.
class PageApp < Rails::Application
  config.root = ENV.fetch("PAGE_ROOT")
  config.load_defaults Rails::VERSION::STRING.to_f
  config.api_only = true
  config.eager_load = false
  config.secret_key_base = "x" * 64
  config.logger = Logger.new(ENV["PAGE_LOG"] || File::NULL)
  config.hosts.clear
  config.time_zone = "UTC"
end

LlmRouter.configure { |config| config.record_calls = true }
Rails.application.initialize!
require_relative "../budget/models"
Rails.application.routes.draw do
  mount LlmRouter::Dashboard => "/llm"
  mount lambda { |env|
    [200, {}, [TOPLEVEL_BINDING.eval(env.fetch("rack.input").read).inspect]]
  } => "/eval"
end

server = Puma::Server.new(Rails.application)
puts server.add_tcp_listener("127.0.0.1", 0).addr[1]
$stdout.flush
server.run
$stdin.read
exit!(0)
