# frozen_string_literal: true

require "llm_router/events/notifications"

class LlmRouter
  # Sets up a Rails app: its logger, its name, events, tracking of jobs and of web requests. The {Railtie} runs each
  # part in its turn; all of them run at once if Rails began to start before this gem was loaded.
  # @api private
  module AppSetup
    module_function

    # @param app [Rails::Application]
    def defaults(app)
      LlmRouter.configure do |config|
        config.logger = ::Rails.logger if ::Rails.logger && config.default_logger?
        config.app_name ||= app.class.module_parent_name
      end
    end

    def jobs
      ActiveSupport.on_load(:active_job) { include JobTracking unless self < JobTracking }
    end

    # @param app [Rails::Application]
    def web_requests(app)
      return if @watched.equal?(app)

      @watched = app
      app.middleware.use(WebRequest::Middleware)
    end

    # The parent of {ChargeJob} and {SettleJob} may be the app's, and reload with it. In production, a wrong name fails
    # at boot.
    # @param app [Rails::Application]
    def job_parent(app)
      app.reloader.before_class_unload { BudgetJobs.unload }
      ActiveSupport.on_load(:after_initialize) do
        BudgetJobParent if app.config.eager_load && Object.const_defined?("ActiveJob::Base")
      end
    end

    # @param app [Rails::Application] one that has begun to start
    def after_boot_began(app)
      defaults(app)
      jobs
      job_parent(app)
      app.initialized? ? too_late : web_requests(app)
    end

    def too_late
      warn "llm_router was loaded when Rails had started already: calls in web requests are not noticed. " \
           "Load it with Bundler.require in config/application.rb, or require \"llm_router\" before Rails starts."
    end
  end
end
