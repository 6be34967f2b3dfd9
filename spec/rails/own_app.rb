# frozen_string_literal: true

require_relative "../../demo/rails_app"

# The Rails app of the specs, made once with `rails new`, with the gem installed into it.
module OwnApp
  def self.app
    @app ||= begin
      home = IO.popen([File.expand_path("../../bin/install-gem", __dir__)], &:read).strip
      gems = %w[daemons delayed_job_active_record pg]
      RailsApp.new(File.expand_path("../../tmp/rails_app", __dir__), gem_home: home, gems: gems).build
    end
  end

  def app = OwnApp.app
end
