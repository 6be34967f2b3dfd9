# frozen_string_literal: true

# Where the demo's and the specs' gateway and queue are, if they are to be used.

if ENV["GATEWAY_URL"]
  LlmRouter.configure do |config|
    config.base_url = ENV["GATEWAY_URL"]
    config.api_key = "test-key"
  end
end

ActiveJob::Base.queue_adapter = :sidekiq if ENV["REDIS_URL"]
ActiveJob::Base.queue_adapter = ENV["QUEUE_ADAPTER"].to_sym if ENV["QUEUE_ADAPTER"]
