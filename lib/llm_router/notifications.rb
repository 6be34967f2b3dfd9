# frozen_string_literal: true

require "active_support"
require "active_support/notifications"
require "llm_router/log_subscriber"

class LlmRouter
  # Events on +ActiveSupport::Notifications+, and the log by {LogSubscriber}. Rails apps have it by
  # the Railtie; elsewhere +require "llm_router/notifications"+ before {LlmRouter.configure}.
  # @api private
  module Notifications
    LogSubscriber.attach_to :llm_router
    ActiveSupport::Notifications.subscribe("call.llm_router") { |event| LogSubscriber.new.called(event) }

    module_function

    def start(name, payload)
      ActiveSupport::Notifications.instrumenter.start("#{name}.llm_router", payload)
    end

    def finish(name, payload, _logger)
      ActiveSupport::Notifications.instrumenter.finish("#{name}.llm_router", payload)
    end
  end
end
