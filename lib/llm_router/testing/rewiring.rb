# frozen_string_literal: true

require_relative "wire"

class LlmRouter
  module Testing
    # Prepended to LlmRouter::Chain. Redirects calls to the gateway when a router reads the compiled chain, so it does
    # not matter when the router was made or the configuration changed.
    #
    # @api private
    module Rewiring
      # @return [Native::Chain, Wire]
      def native
        # Until it is frozen, the chain reads its doubts, which are about the real endpoints.
        return super unless frozen? && Testing.session.on?

        Wire.new(candidates: candidates, session: Testing.session, hedge: native_hedge)
      end

      # @return [void]
      def check_keys!
        super unless Testing.session.on?
      end
    end

    # Prepended to LlmRouter::Configuration: keeps scripted failures out of the app's shared cache.
    #
    # @api private
    module Unshared
      # @return [SharedHealth, nil]
      def shared_health
        super unless Testing.session.on?
      end
    end

    # Prepended to LlmRouter::Endpoint: looks everything up at the gateway, which needs no key.
    #
    # @api private
    module Lookups
      # @return [Boolean]
      def keyless?
        super unless Testing.session.on?
      end

      private

      def lookups
        return super unless Testing.session.on?

        gateway = Testing.session.gateway
        moved_to(gateway.base_url, gateway.api_key)
      end
    end

    # Prepended to LlmRouter::Prices: does not cache scripted prices.
    #
    # @api private
    module Uncached
      private

      def lookup(...)
        Testing.session.on? ? CachedLookup.new : super
      end
    end

    # Prepended to LlmRouter::Spending: the worst case of a scripted answer is its cost.
    #
    # @api private
    module Costs
      private

      def worst_case(candidate, bounds)
        return super unless Testing.session.on?

        gateway = Testing.session.gateway
        # A call without a scripted answer must reach the gateway, which says so, whatever the cap.
        return WorstCase.new(BigDecimal(Gateway::Catalogue::MIN_PRICE)) unless gateway.scripted?(candidate.model)

        cost = gateway.cost_of(candidate.model)
        cost ? WorstCase.new(BigDecimal(cost)) : super
      end
    end
  end
end
