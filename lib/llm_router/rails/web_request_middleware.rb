# frozen_string_literal: true

class LlmRouter
  module WebRequest
    # Rack middleware that marks the thread as serving a request. The Railtie inserts it; other Rack apps can +use+ it.
    # A job on a worker's thread is not marked; one that runs +:inline+ in a request is.
    class Middleware
      # @param app [#call] the rest of the stack
      def initialize(app)
        @app = app
      end

      # @param env [Hash]
      # @return [Array] the Rack response
      def call(env)
        WebRequest.serving { @app.call(env) }
      end
    end
  end
end
