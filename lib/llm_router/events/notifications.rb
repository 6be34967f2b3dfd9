# frozen_string_literal: true

require "active_support"
require "active_support/notifications"
require "llm_router/events/log_subscriber"
require "llm_router/events/structured_events"

class LlmRouter
  # Publishes events on +ActiveSupport::Notifications+, and to the log by {LogSubscriber}. The Railtie loads it;
  # elsewhere +require "llm_router/notifications"+ before {LlmRouter.configure}.
  # @api private
  module Notifications
    LogSubscriber.attach_to :llm_router
    # The cheapest form of subscription.
    ActiveSupport::Notifications.monotonic_subscribe("call.llm_router") do |_name, _started, _ended, _id, payload|
      LogSubscriber.new.called(payload)
    end

    StructuredEvents.attach(ActiveSupport.event_reporter) if ActiveSupport.respond_to?(:event_reporter)

    # For Rails before 7.1, whose events nest.
    # @api private
    Event = Struct.new(:name, :payload) do
      def start
        ActiveSupport::Notifications.instrumenter.start(name, payload)
      end

      def finish
        ActiveSupport::Notifications.instrumenter.finish(name, payload)
      end
    end

    # For overlapping events on Rails before 7.1: published when they end, with their time in +:duration+ alone.
    # @api private
    class PublishedAtEnd < Event
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
        event.is_a?(Event) ? PublishedAtEnd.new(event.name, payload) : event
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

    # @return [#event] for events of a thread that overlap
    def overlapping
      Overlapping
    end

    # From Rails 7.1 on, events have handles, so that the fibers of a thread may start and finish them in any order.
    # @return [#start, #finish]
    def event(name, payload, _log)
      instrumenter = ActiveSupport::Notifications.instrumenter
      name = "#{name}.llm_router"
      instrumenter.respond_to?(:build_handle) ? instrumenter.build_handle(name, payload) : Event.new(name, payload)
    end
  end
end
