# frozen_string_literal: true

# A job adapter, and a gateway of the demo's, where there is one.
ActiveJob::Base.queue_adapter = :inline
if ENV["GATEWAY_URL"]
  LlmRouter.configure do |config|
    config.base_url = ENV["GATEWAY_URL"]
    config.api_key = "test-key"
  end
end
