# frozen_string_literal: true

class LlmRouter
  module Testing
    # A test called a model without a scripted answer. No further candidate was tried, and nothing left the machine. Not
    # a StandardError, so that neither a `rescue => e` of the app nor a job's retries make a test pass that should fail.
    #
    # @example
    #   LlmRouter.testing!
    #   router.call(messages: messages, max_tokens: 500)
    #   # raises: nothing scripted for "anthropic/claude-sonnet-4.5"; scripted: nothing at all. Script it before the
    #   # call: gateway.answer("Hello", "anthropic/claude-sonnet-4.5"). (LlmRouter.testing is the gateway.)
    class UnstubbedCall < Exception; end # rubocop:disable Lint/InheritException
  end
end
