# frozen_string_literal: true

require "active_support"
require "active_support/notifications"
require "llm_router/events/log_subscriber"

class LlmRouter
  # Events on +ActiveSupport::Notifications+, and the log by {LogSubscriber}. Rails apps have it by
  # the Railtie; elsewhere +require "llm_router/notifications"+ before {LlmRouter.configure}.
  # @api private
  module Notifications
    LogSubscriber.attach_to :llm_router
    # In the form that costs least.
    ActiveSupport::Notifications.monotonic_subscribe("call.llm_router") do |_name, _started, _ended, _id, payload|
      LogSubscriber.new.called(payload)
    end

    # Before Rails 7.1, what was started last ends first.
    # @api private
    Event = Struct.new(:name, :payload) do
      def start
        ActiveSupport::Notifications.instrumenter.start(name, payload)
      end

      def finish
        ActiveSupport::Notifications.instrumenter.finish(name, payload)
      end
    end

    # Before Rails 7.1, of those that end in any order: told when they end, so that none is taken for another. Their
    # times are in the payload's +:duration+ alone.
    # @api private
    class Late < Event
      undef_method :start

      def finish
        ActiveSupport::Notifications.instrument(name, payload)
      end
    end

    # @api private
    module Overlapping
      module_function

      # @return [#start, #finish]
      def event(name, payload, log)
        event = Notifications.event(name, payload, log)
        event.is_a?(Event) ? Late.new(event.name, payload) : event
      end

      def live? = ActiveSupport::Notifications.instrumenter.respond_to?(:build_handle)
      def attempts? = Notifications.attempts?
      def plain_answers?(logger) = Notifications.plain_answers?(logger)
    end

    Events.sink = self

    module_function

    # See {Events}.
    def live?
      true
    end

    def attempts?
      ActiveSupport::Notifications.notifier.listening?("attempt.llm_router")
    end

    def plain_answers?(_logger)
      true
    end

    # @return [#event] for those that begin and end in any order
    def overlapping
      Overlapping
    end

    # From Rails 7.1 on each event stands for itself: the fibers of a thread start and finish theirs in any order.
    # @return [#start, #finish]
    def event(name, payload, _log)
      instrumenter = ActiveSupport::Notifications.instrumenter
      name = "#{name}.llm_router"
      instrumenter.respond_to?(:build_handle) ? instrumenter.build_handle(name, payload) : Event.new(name, payload)
    end
  end
end
