# frozen_string_literal: true

# Events on ActiveSupport::Notifications without Rails: require this before {LlmRouter.configure}.
require "llm_router"
require "llm_router/events/notifications"
