# frozen_string_literal: true

class LlmRouter
  # Where events go. This is the way without Rails: into the log. {Notifications} takes its place
  # where ActiveSupport is to be told.
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
      # @return [Events, Notifications] where the events of configurations made from now on go
      attr_accessor :sink
    end

    module_function

    # @return [#finish]
    def event(name, payload, log)
      Event.new(name, payload, log)
    end

    # @return [Boolean] whether somebody is told of an event when it begins
    def live?
      false
    end

    # @return [Boolean] whether somebody is told of each attempt
    def attempts?
      false
    end

    # @return [Boolean] whether somebody is told of a call whose first model has answered
    def plain_answers?(logger)
      !logger.nil? && (!logger.respond_to?(:debug?) || logger.debug?)
    end

    # @return [#event] for those that begin and end in any order
    def overlapping
      self
    end
  end
end
