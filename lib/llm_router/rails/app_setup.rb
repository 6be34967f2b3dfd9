# frozen_string_literal: true

require "llm_router/events/notifications"

class LlmRouter
  # What a Rails app has by itself: its logger, its name, events, and an eye on web requests. The {Railtie} sets up each
  # part in its turn; where Rails has begun to start before this gem was loaded, all of it happens at once.
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

    # The parent of {ChargeJob} and {SettleJob} may be the app's. In production, a wrong name shows at boot.
    # @param app [Rails::Application]
    def job_parent(app)
      app.reloader.before_class_unload { BudgetJobs.unload }
      ActiveSupport.on_load(:after_initialize) do
        BudgetJobParent if app.config.eager_load && Object.const_defined?("ActiveJob::Base")
      end
    end

    # @param app [Rails::Application] one that has begun to start
    def late(app)
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
