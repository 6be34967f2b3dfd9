# frozen_string_literal: true

require_relative "../../demo/rails_app"

# The Rails app of the specs, made once with `rails new`, with the gem installed into it.
module OwnApp
  ROOT = File.expand_path("../..", __dir__)
  private_constant :ROOT

  def self.app
    @app ||= begin
      # Of each process that bin/specs starts. The folder's name becomes the app's.
      path = File.join(ROOT, "tmp/specs#{ENV.fetch('TEST_ENV_NUMBER', '')}/rails_app")
      RailsApp.new(path, gem_home: gem_home, gems: %w[bootsnap daemons delayed_job_active_record pg]).build
    end
  end

  # One process installs it, and the others wait.
  def self.gem_home
    File.open(__FILE__) do |lock|
      lock.flock(File::LOCK_EX)
      IO.popen([File.join(ROOT, "bin/install-gem")], &:read).strip
    end
  end

  def app = OwnApp.app
end
