# frozen_string_literal: true

require "llm_router/rails/app_setup"

class LlmRouter
  # Sets up a Rails app, see {AppSetup}.
  class Railtie < Rails::Railtie
    config.eager_load_namespaces << LlmRouter

    # Before the app's own initializers, which may change these defaults.
    initializer("llm_router.defaults", before: :load_config_initializers) { |app| AppSetup.defaults(app) }
    initializer("llm_router.jobs") { AppSetup.jobs }
    initializer("llm_router.web_request") { |app| AppSetup.web_requests(app) }
    initializer("llm_router.job_parent") { |app| AppSetup.job_parent(app) }

    # Sidekiq's server builds its middleware before the first worker may be loaded.
    initializer "llm_router.sidekiq" do
      config.after_initialize { SidekiqWorker if Object.const_defined?("Sidekiq::CLI") }
    end

    rake_tasks { load "llm_router/rails/tasks.rake" }
  end
end

# Rails collects the initializers of Railties before it runs the first one.
LlmRouter::AppSetup.after_boot_began(Rails.application) if Rails.application
