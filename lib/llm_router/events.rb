# frozen_string_literal: true

class LlmRouter
  # Where events go. This is the way without Rails: into the log. {Notifications} takes its place
  # where ActiveSupport is to be told.
  # @api private
  module Events
    # @api private
    Event = Struct.new(:name, :payload, :logger) do
      def finish
        Log.new(logger).public_send(name, payload)
      end
    end

    module_function

    # @return [#finish, nil] nil for what is not worth a line
    def event(name, payload, logger)
      Event.new(name, payload, logger) unless name == "attempt"
    end

    # @return [#event] for those that begin and end in any order
    def overlapping
      self
    end
  end
end
