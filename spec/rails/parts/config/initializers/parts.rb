# frozen_string_literal: true

ActiveRecord.permanent_connection_checkout = :disallowed if ENV["DISALLOWED"]
SolidQueue.shutdown_timeout = ENV["SHUTDOWN_TIMEOUT"].to_f if ENV["SHUTDOWN_TIMEOUT"]

LlmRouter.configure do |config|
  config.release_connections = true if ENV["RELEASE_CONNECTIONS"]
  config.health_store = Rails.cache if ENV["SHARED_HEALTH"]
end

Rails.application.config.after_initialize do
  next unless ENV["WARM_UP"]

  LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Are you there?" }])
end
