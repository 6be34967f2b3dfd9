# frozen_string_literal: true

require_relative "wire"

class LlmRouter
  module Testing
    # Prepended to LlmRouter::Chain. Leads calls to the gateway at the last moment, when a router asks for what Rust has
    # compiled. So it does not matter when the router was made, nor when the configuration was changed.
    #
    # @api private
    module Rewiring
      # @return [Native::Chain, Wire]
      def native
        # While it is still being made it is asked for its doubts, which are about the real endpoints.
        return super unless frozen? && Testing.session.on?

        Wire.new(candidates: candidates, session: Testing.session)
      end

      # @return [void]
      def check_keys!
        super unless Testing.session.on?
      end
    end

    # Prepended to LlmRouter::Configuration: what a test scripts is not told to those who share the app's cache.
    #
    # @api private
    module Unshared
      # @return [SharedHealth, nil]
      def shared_health
        super unless Testing.session.on?
      end
    end

    # Prepended to LlmRouter::Endpoint, for the same: prices are asked for at the gateway.
    #
    # @api private
    module Lookups
      private

      def lookups
        return super unless Testing.session.on?

        gateway = Testing.session.gateway
        moved_to(gateway.base_url, gateway.api_key)
      end
    end

    # Prepended to LlmRouter::Prices: what a test scripts is not kept.
    #
    # @api private
    module Unkept
      private

      def lookup(...)
        Testing.session.on? ? CachedLookup.new : super
      end
    end

    # Prepended to LlmRouter::Spending: a scripted answer costs at most what it costs.
    #
    # @api private
    module Costs
      private

      def worst_case(candidate, bounds)
        return super unless Testing.session.on?

        gateway = Testing.session.gateway
        # A call that nothing is scripted for has to get as far as to be told so, whatever the cap.
        return WorstCase.new(BigDecimal(Gateway::Catalogue::LEAST)) unless gateway.scripted?(candidate.model)

        cost = gateway.cost_of(candidate.model)
        cost ? WorstCase.new(BigDecimal(cost)) : super
      end
    end
  end
end
