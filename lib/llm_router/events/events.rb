# frozen_string_literal: true

class LlmRouter
  # Publishes events to the log alone, without Rails. {Notifications} replaces it if ActiveSupport is to have them.
  # @api private
  module Events
    # @api private
    Event = Struct.new(:name, :payload, :log) do
      def finish
        log.public_send(name, payload)
      end
    end

    @sink = self

    class << self
      # @return [Events, Notifications] what publishes the events of configurations made from now on
      attr_accessor :sink
    end

    module_function

    # @return [#finish]
    def event(name, payload, log)
      Event.new(name, payload, log)
    end

    # @return [Boolean] whether events are published when they begin, too
    def live?
      false
    end

    # @return [Boolean] whether anybody subscribes to attempts
    def attempts?
      false
    end

    # @return [Boolean] whether anybody subscribes to calls whose first model answered
    def plain_answers?(logger)
      !logger.nil? && (!logger.respond_to?(:debug?) || logger.debug?)
    end

    # @return [#event] for events of a thread that overlap
    def overlapping
      self
    end
  end
end
