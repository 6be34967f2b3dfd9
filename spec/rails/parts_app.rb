# frozen_string_literal: true

require_relative "own_app"
require_relative "../support/databases"

# A Rails app with the queues and the cache that no Debian has, as far as their gems are installed. It lives on
# PostgreSQL, with a database each for the app, its queue and its cache.
module PartsApp
  FILES = File.expand_path("parts", __dir__)
  GEMS = %w[good_job solid_cache solid_queue].select { |name| Gem::Specification.find_all_by_name(name).any? }
  SETTINGS = <<~RUBY.freeze

    Rails.application.configure do
      #{'config.solid_queue.connects_to = { database: { writing: :queue } }' if GEMS.include?('solid_queue')}
      #{'config.cache_store = :solid_cache_store' if GEMS.include?('solid_cache')}
    end
  RUBY
  private_constant :FILES, :SETTINGS

  def self.app
    @app ||= RailsApp.new("#{OwnApp.app.path}/../parts_app", gem_home: OwnApp.gem_home, gems: ["pg", *GEMS]).build
                     .tap { |app| prepare(app) }
  end

  def self.prepare(app)
    app.command("bin/rails", "generate", "good_job:install") if GEMS.include?("good_job")
    (GEMS - ["good_job"]).each { |name| app.command("bin/rails", "#{name}:install") }
    FileUtils.cp_r("#{FILES}/.", app.path)
    File.write(File.join(app.path, "config/environments/development.rb"), SETTINGS, mode: "a")
    FileUtils.rm_f(File.join(app.path, "db/schema.rb")) # SQLite's
    app.command("bin/rails", "db:prepare", **database)
  end

  # Each of the app's databases has its name in config/database.yml.
  def self.database
    Databases.postgresql_environment.except(:DATABASE_URL)
  end

  def app = PartsApp.app

  # @return [Hash] the environment of the app's processes
  def env
    @env ||= { GATEWAY_URL: gateway.base_url, **PartsApp.database }
  end

  # @return [String] what the code prints in the app
  def in_app(code, **more)
    app.runner("require \"#{Waiting::FILE}\"\n#{code}", **env, **more)
  end

  # Messages of one organization.
  # @return [Array<Integer>] their ids
  def messages(count = 1)
    in_app(<<~RUBY).lines.last.split.map(&:to_i)
      organization = Organization.create!(name: "Acme")
      print "\\n", *Array.new(#{count}) { |n| "\#{Message.create!(organization:, body: "Parcel \#{n}").id} " }
    RUBY
  end

  # Runs a command of the app's until the block has returned.
  def running(*words, **more)
    pid = app.start(*words, log: "parts.log", **env, **more)
    yield pid
  ensure
    stop(pid) if pid
  end

  def stop(pid) = app.stop(pid)

  # Waits for the replies to the messages.
  # @return [String] what the code prints in the app after that; `mine` are the messages
  def answered(ids, code = "")
    in_app(<<~RUBY)
      mine = -> { Message.uncached { Message.where(id: #{ids}).order(:id).to_a } }
      Waiting.eventually { mine.call.all?(&:suggested_reply) }
      #{code}
    RUBY
  end

  # Waits for the end of all reservations, too.
  # @return [Array] the replies, and what their organization's budget has spent
  def replies(ids)
    answered(ids, <<~RUBY).lines.last.split("|")
      budget = LlmBudget.for(mine.call.first.organization)
      Waiting.eventually { LlmBudget.uncached { budget.reload.reserved_usd.zero? } }
      print "\\n", [*mine.call.map(&:suggested_reply), budget.spent_usd.to_s("F")].join("|")
    RUBY
  end
end

RSpec.configure do |config|
  config.before(:example, :gem) do |example|
    name = example.metadata[:gem]
    skip "the gem #{name} is not installed" if Gem::Specification.find_all_by_name(name).none?
  end
end
