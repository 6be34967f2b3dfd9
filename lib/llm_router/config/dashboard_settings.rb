# frozen_string_literal: true

class LlmRouter
  # The setting of a {Configuration} that says who may see {Dashboard}: see docs/dashboard.md.
  module DashboardSettings
    # Says who may see the page. Without it nobody may, but in development whoever sits at the machine. The block must
    # not trust what a request claims of itself.
    #
    # @yieldparam request [ActionDispatch::Request]
    # @yieldreturn [String, Object, nil] who it is, for the record of what they change; any other true value lets them
    #   in, too. nil or false does not
    # @return [#call, :routes, nil] what is set
    # @example With Devise
    #   config.dashboard_access { |request| request.env["warden"].user(:admin)&.email }
    def dashboard_access(&block)
      self.dashboard_access = block if block
      @dashboard_access
    end

    # @param value [#call, :routes, nil] a callable in place of the block; +:routes+ if a constraint around the +mount+
    #   in the app's routes decides; nil for nobody
    # @raise [ConfigurationError]
    # @example
    #   config.dashboard_access = :routes
    #   # config/routes.rb: authenticate(:admin) { mount LlmRouter::Dashboard => "/llm" }
    def dashboard_access=(value)
      unless value.nil? || value == :routes || value.respond_to?(:call)
        raise ConfigurationError, "dashboard_access is #{value.inspect}: give a block that gets the request and " \
                                  "returns who may see the page, or :routes if a constraint in config/routes.rb decides"
      end

      @dashboard_access = value
    end
  end
end
