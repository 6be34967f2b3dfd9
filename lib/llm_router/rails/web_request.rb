# frozen_string_literal: true

class LlmRouter
  # Knows whether this thread is serving a web request. Three models that each take their time are
  # nothing to do while a browser waits, and a Puma thread with it.
  module WebRequest
    SERVING = :llm_router_serving_request
    ALLOWED = :llm_router_allowed_in_request
    private_constant :SERVING, :ALLOWED

    # Rack middleware that marks the thread. The Railtie puts it in place. A job that a worker runs
    # has a thread of its own and so is never taken for a request; one that is run +:inline+ is.
    class Middleware
      # @param app [#call] the rest of the stack
      def initialize(app)
        @app = app
      end

      # @param env [Hash]
      # @return [Array] the Rack response
      def call(env)
        FiberLocal.set(SERVING, true) { @app.call(env) }
      end
    end

    class << self
      # @return [Boolean] whether a call now would hold up a web request that nobody allowed it to
      # @api private
      def held_up?
        Thread.current[SERVING] && !Thread.current[ALLOWED]
      end

      # @api private
      def allow(&)
        FiberLocal.set(ALLOWED, true, &)
      end

      # Where the app called the router, past this gem's own frames.
      # @return [String] file and line
      # @api private
      def call_site
        own = File.expand_path("../..", __dir__)
        site = caller_locations.find { |frame| !frame.absolute_path.to_s.start_with?(own) }
        site ? "#{site.path}:#{site.lineno}" : "unknown"
      end
    end
  end
end
