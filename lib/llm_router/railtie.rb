# frozen_string_literal: true

require "llm_router/notifications"

class LlmRouter
  # What a Rails app has by itself: its logger, its name, events, and an eye on web requests.
  class Railtie < Rails::Railtie
    # Before the app's own initializers, which may set it all otherwise.
    initializer "llm_router.defaults", before: :load_config_initializers do |app|
      LlmRouter.configure do |config|
        config.logger = Rails.logger
        config.app_name ||= app.class.module_parent_name
      end
    end

    initializer "llm_router.jobs" do
      ActiveSupport.on_load(:active_job) { include CurrentJob::Callback }
    end

    rake_tasks { load "llm_router/tasks.rake" }

    initializer "llm_router.web_request" do |app|
      app.middleware.use WebRequest::Middleware
    end
  end
end
