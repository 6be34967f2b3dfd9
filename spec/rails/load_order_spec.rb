# frozen_string_literal: true

require_relative "own_app"

# Whatever is loaded first, a Rails app has its log, its events, its jobs' ids and an eye on web requests.
RSpec.describe "llm_router in a Rails app", :slow do
  include OwnApp

  # What a spec_helper, an initializer or a console would see, once the app has started.
  def parts_after(loading)
    file = File.join(app.path, "tmp/load_order.rb")
    File.write(file, <<~RUBY)
      ENV["RAILS_ENV"] = "test"
      #{loading}
      events = []
      ActiveSupport::Notifications.subscribe("call.llm_router") { |*arguments| events << arguments.last }
      LlmRouter.testing! { |gateway| gateway.answer("Hi") }
      LlmRouter.new(budget: LlmRouter::Unlimited, chain: %w[a/b c/d]).call(messages: [{ role: "user", content: "Hi" }])
      watching = Rails.application.middleware.any? { |part| part.klass == LlmRouter::WebRequest::Middleware }
      p(log: LlmRouter.config.logger.equal?(Rails.logger), name: LlmRouter.config.app_name, events: events.size,
        jobs: ActiveJob::Base < LlmRouter::JobTracking, watching: watching)
    RUBY
    app.command("bundle", "exec", "ruby", file, CI: nil)
  end

  # As with require: false in the Gemfile, for every gem.
  let(:not_required) do
    'Bundler.define_singleton_method(:require) { |*| nil }; require "./config/environment"; ' \
      'require "llm_router/testing"'
  end

  let(:all) { { log: true, name: "RailsApp", events: 1, jobs: true, watching: true } }

  it "has its parts after Bundler.require, as most apps load it" do
    printed = parts_after('require "./config/environment"; require "llm_router/testing"')
    expect(printed.lines.last).to eq("#{all}\n")
  end

  it "has them where a spec_helper loads the gem before Rails" do
    printed = parts_after('require "bundler/setup"; require "llm_router/testing/rspec"; require "./config/environment"')
    expect(printed.lines.last).to eq("#{all}\n")
  end

  it "has them where the Gemfile says require: false, and an initializer loads the gem" do
    first = File.join(app.path, "config/initializers/aa_llm_router.rb")
    File.write(first, 'require "llm_router"')
    expect(parts_after(not_required).lines.last).to eq("#{all}\n")
  ensure
    FileUtils.rm_f(first)
  end

  it "has its log and events where it is loaded after Rails has started, and says loudly what is missing" do
    plain = File.join(app.path, "config/initializers/llm_router.rb")
    aside = "#{plain}.aside"
    File.rename(plain, aside)
    printed = parts_after(not_required)
    expect(printed).to include("llm_router was loaded when Rails had started already: calls in web requests are not")
    expect(printed.lines.last).to eq("#{all.merge(watching: false)}\n")
  ensure
    File.rename(aside, plain) if File.exist?(aside)
  end
end
