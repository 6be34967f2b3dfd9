# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Who may see the page.
    # @api private
    class Access
      LOOPBACK = /\A(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})\z/i
      # Whoever sends one of these came over a proxy, from wherever.
      FORWARDED = %w[HTTP_X_FORWARDED_FOR HTTP_FORWARDED HTTP_X_REAL_IP HTTP_X_FORWARDED_HOST HTTP_VIA].freeze
      # Where a constraint of the routes may say who it let in.
      NAME = "llm_router.by"
      # Characters of a name.
      LIMIT = 100
      private_constant :LOOPBACK, :FORWARDED, :LIMIT

      # @param request [ActionDispatch::Request]
      # @param config [Configuration]
      def initialize(request, config = Configuration.current)
        @request = request
        @rule = config.dashboard_access
      end

      # @return [String] who it is
      # @raise [Problem] they may not see the page
      def by
        name_of(granted) || raise(Problem.new(403, refusal))
      end

      private

      def granted
        return @request.get_header(NAME) || "routes" if @rule == :routes
        return @rule.call(@request) if @rule

        "development" if Environment.name == "development" && here?
      rescue StandardError => e
        # Whatever is wrong with the rule, it lets nobody in.
        Log.new(Configuration.current.logger).write(:error) { "dashboard_access failed: #{e.class}: #{e.message}" }
        nil
      end

      # The peer of the connection, whatever the request says.
      def here?
        peer = @request.get_header("REMOTE_ADDR").to_s
        peer.match?(LOOPBACK) && FORWARDED.none? { |name| @request.has_header?(name) }
      end

      def name_of(granted)
        return unless granted

        name = case granted
               when String, Symbol then granted.to_s
               when ->(value) { value.respond_to?(:to_key) } then "#{granted.class.name}/#{granted.to_key&.join('-')}"
               end
        name.to_s.scrub.gsub(Setting::CONTROL, "").strip[0, LIMIT].presence || "dashboard"
      end

      def refusal
        return "You may not see this page." if @rule

        "Nobody may see this page yet: config.dashboard_access says who may, or is :routes if a constraint in " \
          "config/routes.rb decides. See docs/dashboard.md of llm_router."
      end
    end
  end
end
