# frozen_string_literal: true

class LlmRouter
  module Testing
    # A test made a call without {LlmRouter.testing!}, which would have left the machine and cost money. Nothing was
    # sent. Not a StandardError, for the same reason as {UnstubbedCall}.
    #
    # @example
    #   # RAILS_ENV=test, and no LlmRouter.testing!
    #   router.call(messages: messages, max_tokens: 500)
    #   # raises: a call in the test environment without LlmRouter.testing! …
    class RealCallInTest < Exception # rubocop:disable Lint/InheritException
      # @api private
      def initialize(message = "a call in the test environment without LlmRouter.testing!, which would leave the " \
                               "machine: require \"llm_router/testing/rspec\" (or /minitest) in your test helper and " \
                               "script an answer, or set config.allow_real_calls_in_test = true if it is meant")
        super
      end
    end
  end
end
