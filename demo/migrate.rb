# frozen_string_literal: true

# An app with six ways of calling a model is moved to the router, one by one: after each step its specs pass, and the
# strays are counted. Run by bin/demo --migrate.

require "json"
require "llm_router"
require "llm_router/testing/gateway"
require_relative "rails_app"

# The app, which is moved by the folders of demo/migrate.
class MovedApp
  STEPS = File.expand_path("migrate", __dir__)
  RUBOCOP = <<~YAML
    require: llm_router/rubocop
    AllCops:
      NewCops: disable
      SuggestExtensions: false
      TargetRubyVersion: 3.1
  YAML
  TITLES = { "0_before" => "before: six ways of calling a model", "1_net_http" => "Net::HTTP: a router",
             "2_openai_client" => "OpenAI::Client: one line, the adapter", "3_rescued_fallback" => "a rescue: a chain",
             "4_faraday" => "a Faraday connection: a router", "5_parent_class" => "a parent class: deleted",
             "6_service_object" => "the article's service object and the job's retries: deleted" }.freeze

  DELETED = { "5_parent_class" => "app/services/api_client.rb",
              "6_service_object" => "app/services/model_router.rb" }.freeze

  def initialize(path, gem_home:)
    @app = RailsApp.new(path, gem_home: gem_home, gems: %w[faraday rubocop])
  end

  # @yieldparam line [String]
  def move(env)
    build
    TITLES.each do |step, title|
      apply(step)
      yield "#{title.ljust(62)} strays #{strays.to_s.rjust(2)}  specs #{specs}#{doctor(env)}#{diff}"
    end
  end

  # @return [Integer] what is left to move
  def strays
    report = @app.command("bundle", "exec", "ruby", "-e", <<~RUBY)
      require "rubocop"
      exit_code = RuboCop::CLI.new.run(%w[--only LlmRouter --cache false --ignore-parent-exclusion --format json])
      exit(exit_code > 1 ? 1 : 0)
    RUBY
    JSON.parse(report.lines.last)["summary"]["offense_count"]
  end

  private

  def build
    @app.build
    FileUtils.rm_rf(Dir["#{@app.path}/{spec,app/jobs/draft_reply_job.rb,config/initializers/zz_gateway.rb}"])
    File.write("#{@app.path}/.rubocop.yml", RUBOCOP)
    @app.command("bin/rails", "db:migrate", RAILS_ENV: "test")
    git("init", "--quiet")
  end

  def apply(step)
    FileUtils.cp_r("#{STEPS}/#{step}/.", @app.path)
    FileUtils.rm_f(File.join(@app.path, DELETED[step])) if DELETED[step]
  end

  def specs
    @app.command("bundle", "exec", "rspec", "spec/features_spec.rb")[/\d+ examples?, .*/]
  end

  # Fails where anything is red.
  def doctor(env)
    "  doctor #{@app.command('bin/rails', 'llm_router:doctor', **env).lines.last.strip}"
  end

  def diff
    git("add", "app")
    changed = git("diff", "--cached", "--shortstat", "HEAD") if @committed
    git("commit", "--quiet", "--message", "step", "--allow-empty")
    @committed = true
    changed && "\n   #{changed.strip}"
  end

  def git(*words)
    who = ["-c", "user.name=demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false"]
    @app.command("git", *who, *words)
  end
end

if $PROGRAM_NAME == __FILE__
  app = MovedApp.new(File.expand_path("../tmp/migrate_app", __dir__), gem_home: ENV.fetch("LLM_ROUTER_GEM_HOME"))
  LlmRouter::Testing::Gateway.start do |gateway|
    gateway.answer("Hello", cost_usd: "0.001")
    app.move({ GATEWAY_URL: gateway.base_url }) do |line|
      puts line
      $stdout.flush
    end
  end
end
