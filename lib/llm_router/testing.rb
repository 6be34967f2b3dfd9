# frozen_string_literal: true

require "llm_router"
require_relative "testing/gateway"
require_relative "testing/rewiring"
require_relative "testing/session"
require_relative "testing/doubles"

# With `require "llm_router/testing"`, for the tests of an app. See {LlmRouter::Testing}.
class LlmRouter
  # For the tests of an app that routes LLM calls, to which WebMock and VCR are blind: HTTP made in Rust. From
  # {LlmRouter.testing!} on every router talks to a {Gateway} on loopback instead of to its endpoints, over a real
  # socket and with the app's own chains, times, logger and budgets; its keys need not be there.
  #
  # - A budget reserves what the answer costs that is scripted; or by a price, where {Gateway#price} scripts one.
  # - A call that nothing was scripted for raises {UnstubbedCall}, which no `rescue => e` of the app swallows.
  # - The configuration is left alone, so that it may be changed before or after, and nothing is to be put back.
  # - There is one gateway in a process, started when it is first needed and stopped at exit. A fork starts its own,
  #   with what the block of {LlmRouter.testing!} scripts. Tests on several threads of a process share one gateway, so
  #   run those that script it one at a time, or in processes.
  #
  # With RSpec, require "llm_router/testing/rspec" instead, see {Matchers}; with Minitest, require
  # "llm_router/testing/minitest", see {Testing::Minitest}.
  #
  # @example A primary that is down
  #   LlmRouter.testing! do |gateway|
  #     gateway.answer("Hello", cost_usd: "0.0021")
  #     gateway.fail("anthropic/*", status: 503)
  #   end
  #   DraftReplyJob.perform_now(message.id)
  #   LlmRouter.testing.requests.map(&:model) # => ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"]
  module Testing
    @session = Session.new

    extend Doubles

    class << self
      # @return [Session] the one of this process
      # @api private
      attr_reader :session
    end

    LlmRouter::Chain.prepend(Rewiring)
    LlmRouter.const_get(:Configuration).prepend(Unshared)
    LlmRouter.const_get(:Endpoint).prepend(Lookups)
    LlmRouter.const_get(:Prices).prepend(Unkept)
    LlmRouter.const_get(:Spending).prepend(Costs)
  end

  class << self
    # From now on every call of this process goes to the gateway, which knows only what this block scripts.
    #
    # @yieldparam gateway [Testing::Gateway] to be scripted; run again in a fork that makes calls
    # @return [Testing::Gateway]
    # @raise [LoadError] when Puma cannot be loaded
    # @example
    #   LlmRouter.testing! do |gateway|
    #     gateway.answer("Hello", cost_usd: "0.0021")
    #     gateway.fail("anthropic/*", status: 503)
    #   end
    def testing!(&script)
      Testing.session.start(script)
      Testing.session.gateway
    end

    # @return [Testing::Gateway] to script more, and to see what was asked
    # @raise [ConfigurationError] when {LlmRouter.testing!} is not in force
    # @example
    #   LlmRouter.testing.answer("Hello", "google/*")
    #   LlmRouter.testing.requests.last.messages # => [{ "role" => "user", "content" => "Hi" }]
    def testing
      return Testing.session.gateway if testing?

      raise ConfigurationError, "LlmRouter.testing! is not in force, so there is no gateway: call it before the test"
    end

    # @return [Boolean] whether calls go to the gateway
    # @example
    #   LlmRouter.testing? # => true
    def testing?
      Testing.session.on?
    end

    # Stops the gateway. From now on calls go where they are configured to go.
    #
    # @return [void]
    # @example
    #   LlmRouter.testing_off!
    def testing_off!
      Testing.session.off
    end
  end
end
