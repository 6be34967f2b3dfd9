# frozen_string_literal: true

require "llm_router"
require_relative "testing/gateway"
require_relative "testing/rewiring"
require_relative "testing/session"
require_relative "testing/doubles"

# With `require "llm_router/testing"`, for the tests of an app. See {LlmRouter::Testing}.
class LlmRouter
  # For the tests of an app: WebMock and VCR do not see HTTP made in Rust. After {LlmRouter.testing!} every router talks
  # to a {Gateway} on loopback instead of its endpoints, over a real socket and with the app's own chains, timeouts,
  # logger and budgets. Keys are not needed.
  #
  # - A budget reserves the cost of the scripted answer; or by the price that {Gateway#price} scripts.
  # - A call without a scripted answer raises {UnstubbedCall}, which no `rescue => e` of the app swallows.
  # - The configuration does not change.
  # - A process has one gateway, started when it is first needed and stopped at exit. A fork starts its own, with what
  #   the block of {LlmRouter.testing!} scripts. Tests on several threads of a process share one gateway: run those that
  #   script it one at a time, or in processes.
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
    LlmRouter.const_get(:Prices).prepend(Uncached)
    LlmRouter.const_get(:Spending).prepend(Costs)
  end

  class << self
    # Sends every call of this process to the gateway from now on, with the script of this block only.
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

    # @return [Testing::Gateway] to script more answers, and to inspect the requests
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

    # Stops the gateway, and sends calls to their configured endpoints from now on.
    #
    # @return [void]
    # @example
    #   LlmRouter.testing_off!
    def testing_off!
      Testing.session.off
    end
  end
end
