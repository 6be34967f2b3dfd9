# frozen_string_literal: true

require_relative "llm_router"
require "llm_router/notifications"

# The same with ActiveSupport::Notifications, as in a Rails app.
class RouterInRails < RouterClient
  NAME = "llm_router, with Rails' events"
end
