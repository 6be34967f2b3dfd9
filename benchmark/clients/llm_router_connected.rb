# frozen_string_literal: true

require "active_record"
require_relative "llm_router_in_rails"

# The same with Active Record loaded and connected, and nothing that uses it.
class RouterConnected < RouterInRails
  def initialize(url, database:, **settings)
    ActiveRecord::Base.establish_connection(database)
    ActiveRecord::Base.connection.execute("SELECT 1")
    super(url, **settings)
  end
end
