# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Who may see the page.
    # @api private
    class Access
      LOOPBACK = /\A(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})\z/i
      # Whoever sends one of these came over a proxy, from wherever.
      FORWARDED = /\AHTTP_(?:X_FORWARDED|FORWARDED|X_REAL_IP|VIA|CLIENT_IP|X_CLIENT_IP|TRUE_CLIENT_IP|CF_)/
      # Names of this machine. Another one may lead here as well (DNS rebinding), so that a foreign site reads the page.
      LOCAL = /\A(?:localhost|[\w.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?\z/i
      # Where a constraint of the routes may say who it let in.
      NAME = "llm_router.by"
      # Characters of a name.
      LIMIT = 100
      private_constant :LOOPBACK, :FORWARDED, :LOCAL, :LIMIT

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
      rescue StandardError, ScriptError, SystemStackError => e
        # Whatever is wrong with the rule, it lets nobody in.
        Log.new(Configuration.current.logger).write(:error) { "dashboard_access failed: #{e.class}: #{e.message}" }
        nil
      end

      # The peer of the connection, whatever the request says.
      def here?
        peer = @request.get_header("REMOTE_ADDR").to_s
        peer.match?(LOOPBACK) && known_host? && @request.env.each_key.none? { |name| name.match?(FORWARDED) }
      end

      # Rails refuses the hosts that are not in +config.hosts+, unless that is empty.
      def known_host?
        ::Rails.application.config.hosts.any? ||
          @request.get_header("HTTP_HOST").then { |host| host.nil? || host.match?(LOCAL) }
      end

      def name_of(granted)
        return unless granted

        name = case granted
               when String, Symbol then granted.to_s
               when ->(value) { value.respond_to?(:to_key) } then "#{granted.class.name}/#{granted.to_key&.join('-')}"
               end
        utf8(name.to_s).gsub(Setting::CONTROL, "").strip[0, LIMIT].presence || "dashboard"
      end

      # A header is binary, whatever it holds.
      def utf8(name)
        name = name.encoding == Encoding::BINARY ? name.dup.force_encoding(Encoding::UTF_8) : name
        name.scrub.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
      end

      def refusal
        return "You may not see this page." if @rule

        "Nobody may see this page yet: config.dashboard_access says who may, or is :routes if a constraint in " \
          "config/routes.rb decides. See docs/dashboard.md of llm_router."
      end
    end
  end
end
