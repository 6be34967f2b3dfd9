# frozen_string_literal: true

require_relative "own_app"
require_relative "../../demo/redis"
require_relative "../support/databases"

# A real Rails app, made with `rails new` and driven from outside.
RSpec.describe "A Rails app with llm_router", :slow do
  include Hedging
  include OwnApp

  let(:env) { { GATEWAY_URL: gateway.base_url } }

  before do
    gateway.answer("On its way.", cost_usd: "0.0021")
    gateway.fail("anthropic/*", status: 503)
    FileUtils.rm_f(File.join(app.path, "log/development.log"))
  end

  # A new message of a new organisation, and then the rest.
  def in_app(code, **more)
    app.runner(<<~RUBY, **env, **more)
      require "#{Waiting::FILE}"
      organization = Organization.create!(name: "Acme")
      message = Message.create!(organization: organization, body: "Where is my parcel?")
      budget = LlmBudget.for(organization)
      #{code}
    RUBY
  end

  it "drafts the reply through the fallback, charges the row exactly, and warns of it in the log" do
    printed = in_app(<<~RUBY)
      DraftReplyJob.perform_now(message.id)
      print message.reload.suggested_reply, " ", budget.reload.spent_usd.to_s("F")
    RUBY
    expect(printed).to end_with("On its way. 0.0021")
    expect(app.log("development.log")).to match(/\[llm\] anthropic\S+ at openrouter failed: unavailable .*; next: goo/)
  end

  it "audits its budgets, and names the one that differs" do
    in_app("DraftReplyJob.perform_now(message.id)")
    audit = -> { app.command("bin/rails", "llm_router:audit_budgets") }
    expect(audit.call).to match(/^LlmBudget: 0 of \d+ budgets differ/)
    id = in_app("budget.update!(spent_usd: 5); print budget.id")[/\d+\z/]
    expect { audit.call }.to raise_error(RailsApp::Failed, %r{^llm_budgets #{id} \(Organization/.*5\.0 USD apart})
  ensure
    in_app("LlmBudget.delete_all")
  end

  it "switches models off and on by rake, and reports in JSON" do
    rake = ->(*task) { app.command("bin/rails", *task, **env, "BY" => "on-call") }
    expect(rake.call("llm_router:switch_off[anthropic/*,2h,degraded]"))
      .to match(%r{^anthropic/\*: switched off until \S+ \S+ UTC by on-call: degraded$})
    expect(rake.call("llm_router:switches")).to match(%r{^anthropic/\*: switched off until})
    expect(rake.call("llm_router:switch_on[anthropic/*]")).to match(%r{^anthropic/\*: switched on again by on-call})
    expect(rake.call("llm_router:switches")).to include("Nothing is switched off.")
    report = rake.call("llm_router:report", "--", "--json")
    expect(JSON.parse(report[/^\{.*^\}/m])).to include("calls", "verdict")
    expect { rake.call("llm_router:report[,xml]") }.to raise_error(RailsApp::Failed, /xml is no format: give json/)
  end

  it "is examined by the doctor, whose status CI can use" do
    gateway.key(limit: 10, limit_remaining: 9)
    parsed = lambda do |*command|
      JSON.parse(app.command(*command, **env)[/^\{.*/m])
    rescue RailsApp::Failed => e
      JSON.parse(e.message[/^\{.*^\}/m])
    end
    [["bin/rails", "llm_router:doctor", "--", "--json"], ["bin/rails", "llm_router:doctor[json]"]].each do |command|
      report = parsed.call(*command)
      found = report.fetch("findings").to_h { |finding| [finding["check"], finding["level"]] }
      expect(found).to include("table columns" => "green", "indexes" => "green", "key" => "green", "clock" => "green")
      expect(report.fetch("seconds")).to be < 60
    end
    gateway.key(limit_remaining: 0)
    expect { app.command("bin/rails", "llm_router:doctor", **env) }
      .to raise_error(RailsApp::Failed, /^red    key: 0\.0 of 10\.0 USD are left on it/)
  end

  it "reserves under the ids of its jobs, whatever they include" do
    printed = in_app(<<~RUBY)
      class PlainJob < ApplicationJob
        def perform(budget) = LlmRouter.new(budget: budget).call(messages: [{ role: "user", content: "Hi" }])
      end
      job = PlainJob.new(budget)
      job.perform_now
      print budget.charges.map(&:job_id) == [job.job_id]
    RUBY
    expect(printed).to end_with("true")
  end

  it "passes its own spec of the job, with testing!" do
    app.command("bin/rails", "db:migrate", RAILS_ENV: "test")
    expect(app.command("bundle", "exec", "rspec", "spec/draft_reply_job_spec.rb")).to include("1 example, 0 failures")
    expect(gateway.requests).to be_empty
  end

  it "names itself to OpenRouter, and keeps its configuration when its code is reloaded" do
    in_app(<<~RUBY)
      Rails.application.reloader.reload!
      LlmRouter.new(budget: LlmBudget.for(Organization.last)).call(messages: [{ role: "user", content: "Hi" }])
    RUBY
    expect(gateway.requests.map { |request| request.headers["x-openrouter-title"] }).to eq(%w[RailsApp RailsApp])
  end

  it "puts the gem's jobs below its own, which may be reloaded, and on the queue that it says" do
    printed = in_app(<<~RUBY)
      LlmRouter.configure { |config| config.job_parent, config.job_queue = "ApplicationJob", "low" }
      jobs = -> { [LlmRouter::ChargeJob, LlmRouter::SettleJob] }
      before = jobs.call
      Rails.application.reloader.reload!
      print before.map { |job| job.superclass.equal?(ApplicationJob) },
            jobs.call.map { |job| [job.superclass.equal?(ApplicationJob), job.new.queue_name] }
    RUBY
    expect(printed).to end_with('[false, false][[true, "low"], [true, "low"]]')
  end

  it "loads its parent class of the gem's jobs late, and does not boot in production with one that is not there" do
    file = File.join(app.path, "config/initializers/jobs.rb")
    File.write(file, %(LlmRouter.configure { |config| config.job_parent = "AplicationJob" }\n))
    expect(app.runner("print :up", **env)).to end_with("up")
    File.write(file, "Rails.application.config.eager_load = true", mode: "a")
    expect { app.runner("print :up", **env) }.to raise_error(RailsApp::Failed, /job_parent is AplicationJob, which can/)
  ensure
    FileUtils.rm_f(file)
  end

  it "loads all of the gem at boot in production, so that forks share it" do
    file = File.join(app.path, "config/initializers/eager.rb")
    File.write(file, "Rails.application.config.eager_load = ENV.key?('EAGER')")
    loaded = "print LlmRouter.autoload?(:Call).nil?"
    expect([app.runner(loaded, **env), app.runner(loaded, **env, "EAGER" => "1")])
      .to match([end_with("false"), end_with("true")])
  ensure
    FileUtils.rm_f(file)
  end

  it "does not boot with a typo in a chain" do
    code = "LlmRouter.configure { |config| config.chain :default, [{ modle: 'a/b' }] }"
    file = File.join(app.path, "config/initializers/typo.rb")
    File.write(file, code)
    expect { app.runner("puts 1") }.to raise_error(RailsApp::Failed, /chain :default candidate 0 has :modle/)
  ensure
    FileUtils.rm_f(file)
  end

  it "runs the generator twice without harm" do
    files = -> { Dir[File.join(app.path, "{config,app,db/migrate}/**/*.rb")].to_h { |file| [file, File.read(file)] } }
    before = files.call
    app.command("bin/rails", "generate", "llm_router:install")
    expect(files.call).to eq(before)
  end

  it "holds no database connection while it waits, where that is configured: 20 threads get by with a pool of 5" do
    arrived = Queue.new
    answer_when("On its way.", "google/*") do
      arrived << true
      eventually { arrived.size >= 20 }
    end
    code = <<~RUBY
      database = ActiveRecord::Base.connection_db_config.configuration_hash
      ActiveRecord::Base.establish_connection(database.merge(pool: 5, checkout_timeout: Integer(ENV.fetch("WAIT"))))
      router = LlmRouter.new(budget: budget)
      threads = Array.new(20) do
        Thread.new do
          ActiveRecord::Base.public_send(ActiveRecord.version < Gem::Version.new("7.2") ? :connection : :lease_connection)
          router.call(messages: [{ role: "user", content: "Hi" }]).content
        end
      end
      print threads.map(&:value).tally
    RUBY
    releasing = "LlmRouter.configure { |config| config.release_connections = true }\n#{code}"
    expect(in_app(releasing, WAIT: "30")).to end_with('{"On its way."=>20}').or end_with('{"On its way." => 20}')
    gateway.hang
    expect { in_app(code, WAIT: "1") }.to raise_error(RailsApp::Failed, /ConnectionTimeoutError/)
  end

  it "keeps the connection that a transaction is open on" do
    printed = in_app(<<~RUBY)
      Organization.transaction do
        Organization.create!(name: "Rolled back")
        LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }])
        raise ActiveRecord::Rollback
      end
      print Organization.where(name: "Rolled back").count
    RUBY
    expect(printed).to end_with("0")
  end

  it "notices a call in a web request, with the line that made it" do
    in_app(<<~RUBY)
      class DraftsController < ActionController::API
        def show
          router = LlmRouter.new(budget: LlmRouter::Unlimited)
          render plain: router.call(messages: [{ role: "user", content: "Hi" }]).content
        end
      end
      Rails.application.routes.draw { get "/draft", to: "drafts#show" }
      status, = Rails.application.call(Rack::MockRequest.env_for("/draft", "HTTP_HOST" => "localhost"))
      abort "status \#{status}" unless status == 200
    RUBY
    expect(app.log("development.log")).to match(/\[llm\] \S+:\d+ calls a model inside a web request/)
  end

  %w[inline async].each do |adapter|
    it "runs the job with the #{adapter} adapter" do
      printed = in_app(<<~RUBY, QUEUE_ADAPTER: adapter)
        DraftReplyJob.perform_later(message.id)
        Waiting.eventually { message.reload.suggested_reply }
        print message.suggested_reply, " ", budget.reload.spent_usd.to_s("F")
      RUBY
      expect(printed).to end_with("On its way. 0.0021")
    end
  end

  describe "with delayed_job on PostgreSQL" do
    let(:postgres) { { QUEUE_ADAPTER: "delayed_job", **Databases.postgresql_environment } }

    before do
      if Dir[File.join(app.path, "db/migrate/*delayed_jobs*")].empty?
        app.command("bin/rails", "generate", "delayed_job:active_record")
        app.command("bin/rails", "db:migrate")
      end
      app.command("bin/rails", "db:create", "db:migrate", **postgres)
    end

    def answered
      app.runner(<<~RUBY, **postgres)
        require "#{Waiting::FILE}"
        Waiting.eventually { Message.uncached { Message.last.suggested_reply } }
        print Message.last.suggested_reply, " ", LlmBudget.for(Organization.last).spent_usd.to_s("F")
      RUBY
    end

    it "runs the job, and tags its log" do
      in_app("DraftReplyJob.perform_later(message.id)", **postgres)
      app.command("bin/rails", "jobs:workoff", **env, **postgres)
      expect(answered).to end_with("On its way. 0.0021")
      expect(app.log("development.log")).to match(/^\[ActiveJob\] \[DraftReplyJob\] \[\S+\] \[llm\] anthropic.*; next/)
    end

    it "runs the job in a daemon, forked from a process that has made a call itself" do
      warm_up = File.join(app.path, "config/initializers/warm_up.rb")
      File.write(warm_up, <<~RUBY)
        Rails.application.config.after_initialize do
          next unless ENV["WARM_UP"]

          LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Are you there?" }])
        end
      RUBY
      app.command("bin/delayed_job", "start", **env, **postgres, WARM_UP: "1")
      in_app("DraftReplyJob.perform_later(message.id)", **postgres)
      expect(answered).to end_with("On its way. 0.0021")
      prompts = gateway.requests.map { |request| request.messages.last["content"][/parcel|there/] }
      expect(prompts).to eq(%w[there there parcel parcel])
    ensure
      FileUtils.rm_f(warm_up)
      app.command("bin/delayed_job", "stop", **postgres)
    end
  end

  describe "with Sidekiq and Redis" do
    around { |example| OwnRedis.run { |url| (@redis = url) && example.run } }

    let(:env) { { GATEWAY_URL: gateway.base_url, REDIS_URL: @redis } }

    # With one worker: a second that idles could take the job up again while Sidekiq shuts down.
    def sidekiq(*options)
      pid = app.start("bundle", "exec", "sidekiq", "-q", "default", "-c", "1", *options, log: "sidekiq.log", **env)
      yield pid
    ensure
      stop(pid) if pid
    end

    def stop(pid) = app.stop(pid)

    it "runs the job in a process of its own" do
      id = in_app("DraftReplyJob.perform_later(message.id); print message.id")[/\d+\z/]
      sidekiq do
        gateway.await_requests(2, within: 60)
        answered = in_app(<<~RUBY)
          message = Message.find(#{id})
          Waiting.eventually { Message.uncached { message.reload.suggested_reply } }
          print message.suggested_reply
        RUBY
        expect(answered).to end_with("On its way.")
      end
    end

    it "lets a worker of Sidekiq's own wait for its budget as the same job, though Rails loads its class late" do
      file = File.join(app.path, "app/jobs/draft_worker.rb")
      File.write(file, <<~RUBY)
        class DraftWorker
          include Sidekiq::Worker
          include LlmRouter::SidekiqWorker
          on_budget_exceeded :retry_next_period

          def perform(organization)
            LlmRouter.new(budget: LlmBudget.for(Organization.find(organization)))
                     .call(messages: [{ role: "user", content: "Hi" }], max_tokens: 5)
          end
        end
      RUBY
      jid = in_app(<<~RUBY)[/\h{24}\z/]
        budget.update!(cap_usd: 0)
        print DraftWorker.set(tags: ["a tag"]).perform_async(organization.id)
      RUBY
      sidekiq do
        expect(in_app(<<~RUBY)).to end_with("#{jid} a tag false")
          require "sidekiq/api"
          scheduled = Sidekiq::ScheduledSet.new
          Waiting.eventually { scheduled.size == 1 }
          print scheduled.first.jid, " ", *scheduled.first.tags, " ", scheduled.first.item.key?("retry_count")
        RUBY
      end
      expect(gateway.requests).to be_empty
    ensure
      FileUtils.rm_f(file)
    end

    it "lets a shutdown end a call that hangs, and keeps the job" do
      gateway.hang
      in_app("DraftReplyJob.perform_later(message.id)")
      sidekiq("-t", "1") do |pid|
        gateway.await_requests(1, within: 60)
        started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        stop(pid)
        # Sidekiq's own timeout of 1 s, half a second of its farewell, and the time of a busy machine: the call has 20.
        expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to be < 15
        gateway.await_disconnect
      end
      expect(in_app("require 'sidekiq/api'; print Sidekiq::Queue.new('default').size")).to end_with("1")
    end
  end
end
