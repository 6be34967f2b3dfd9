# frozen_string_literal: true

# A day with an outage, played in a new Rails app, and the page that shows it. Run by bin/demo --page, until Ctrl-C;
# with --check it only looks whether the page is there.

require "net/http"
require_relative "rails_app"

PAGES = ["", "/chains", "/budgets", "/incidents", "/report"].freeze

# The server says which port it was given.
def address(app, server)
  loop do
    log = app.log("server.log")
    found = log[%r{Listening on (http://\S+)}, 1]
    return found if found

    abort log if Process.wait(server, Process::WNOHANG)
    sleep 0.2
  end
end

def statuses(url)
  PAGES.map { |path| Net::HTTP.get_response(URI(url + path)).code }
end

app = RailsApp.new(File.expand_path("../tmp/demo_page", __dir__), gem_home: ENV.fetch("LLM_ROUTER_GEM_HOME")).build
File.write(File.join(app.path, "config/routes.rb"), <<~RUBY)
  Rails.application.routes.draw { mount LlmRouter::Dashboard => "/llm" }
RUBY
puts "Playing a day with an outage, in less than a minute"
app.runner(<<~RUBY)
  require "#{File.join(__dir__, 'day')}"
  LlmRouter::Testing::Gateway.start { |gateway| Day.new(gateway, budgets: LlmBudget).play }
RUBY

server = app.start("bin/rails", "server", "-b", "127.0.0.1", "-p", "0", log: "server.log")
begin
  url = "#{address(app, server)}/llm"
  pages = statuses(url)
  puts "#{url} shows it: #{PAGES.zip(pages).map { |path, status| "#{path.empty? ? '/' : path} #{status}" }.join(', ')}"
  exit(pages.uniq == ["200"]) if ARGV.include?("--check")
  puts "Ctrl-C ends it"
  sleep
rescue Interrupt
  puts
ensure
  app.stop(server)
end
