# frozen_string_literal: true

class LlmRouter
  # Knows whether this thread is serving a web request, which a call to three slow models would hold up, and a web
  # server's thread with it.
  module WebRequest
    SERVING = :llm_router_serving_request
    ALLOWED = :llm_router_allowed_in_request
    private_constant :SERVING, :ALLOWED

    class << self
      # @yield a web request
      # @return [Object] what the block returns
      # @api private
      def serving(&)
        FiberLocal.set(SERVING, true, &)
      end

      # @yield calls that may hold up a web request
      # @return [Object] what the block returns
      # @api private
      def allow(&)
        FiberLocal.set(ALLOWED, true, &)
      end

      # Warns or raises if a call now would hold up a web request, as +config.in_web_request+ says.
      # @param config [Configuration]
      # @return [void]
      # @raise [CalledInWebRequest]
      # @api private
      def check(config)
        return if !Thread.current[SERVING] || Thread.current[ALLOWED] || config.in_web_request == :allow

        site = CallSite.find
        message = "#{site} calls a model inside a web request, which may hold up its thread for as long as the whole " \
                  "chain takes. Call it in a job, or wrap it in LlmRouter.allow_in_request { }"
        raise CalledInWebRequest, message if config.in_web_request == :raise

        config.warn_once(site) { message }
      end
    end
  end
end
