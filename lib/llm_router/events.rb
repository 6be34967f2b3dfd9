# frozen_string_literal: true

class LlmRouter
  # Where events go. This is the way without Rails: into the log. {Notifications} takes its place
  # where ActiveSupport is to be told.
  # @api private
  module Events
    module_function

    def start(_name, _payload); end

    def finish(name, payload, logger)
      Log.new(logger).public_send(name, payload)
    end
  end
end
