# frozen_string_literal: true

require "llm_router/testing"
require_relative "called_model"
require_relative "fallen_back_to"

class LlmRouter
  module Testing
    # For Minitest, and so for Rails' own tests. With its `require`, {LlmRouter.testing!} is in force, and each test of
    # a class that includes this starts without a script and without requests: script the gateway in `setup` or in the
    # test.
    #
    # A model is a String, in which `*` stands for anything, or a Regexp.
    #
    # @example In test_helper.rb
    #   require "llm_router/testing/minitest"
    #
    #   class ActiveSupport::TestCase
    #     include LlmRouter::Testing::Minitest
    #   end
    # @example In a test
    #   class DraftReplyJobTest < ActiveJob::TestCase
    #     setup { LlmRouter.testing.answer("Hello", cost_usd: "0.0021") }
    #
    #     test "drafts a reply on the day the primary is down" do
    #       LlmRouter.testing.fail("anthropic/*", status: 503)
    #       assert_fallen_back_to("google/*") { DraftReplyJob.perform_now(message.id) }
    #       assert_equal "Hello", message.reload.suggested_reply
    #     end
    #   end
    module Minitest
      Testing.session.start

      # @api private
      def before_setup
        Testing.session.start
        super
      end

      # @api private
      def after_teardown
        super
      ensure
        Testing.session.start
      end

      # Fails unless such a model was called in this test.
      #
      # @param model [String, Regexp, #===]
      # @param with_message [String, Regexp, #===, nil] counts only the requests with such a message
      # @param times [Integer, Range, nil] how often; at least once by default
      # @param with [Hash{Symbol => Object}, nil] counts only the requests with such parameters, see {CalledModel#with}
      # @return [true]
      # @example
      #   assert_called_model "anthropic/*", with_message: /refund/, with: { max_tokens: 200 }, times: 1
      def assert_called_model(model, with_message: nil, times: nil, with: nil)
        expectation = called_model(model, with_message, times, with)
        assert(expectation.matches?(LlmRouter.testing), -> { expectation.failure_message })
      end

      # Fails if such a model was called in this test.
      #
      # @param model [String, Regexp, #===]
      # @param with_message [String, Regexp, #===, nil] counts only the requests with such a message
      # @param with [Hash{Symbol => Object}, nil] likewise
      # @return [true]
      # @example
      #   refute_called_model "google/*"
      def refute_called_model(model, with_message: nil, with: nil)
        expectation = called_model(model, with_message, nil, with)
        assert(expectation.does_not_match?(LlmRouter.testing), -> { expectation.failure_message_when_negated })
      end

      # Fails unless such a model answered after another had failed.
      #
      # @param model [String, Regexp, #===]
      # @param response [Response] all calls of this test by default
      # @yield instead of a response: only the calls that the block makes
      # @return [true]
      # @example
      #   assert_fallen_back_to "google/*", router.call(messages: messages, max_tokens: 500)
      #   assert_fallen_back_to("google/*") { DraftReplyJob.perform_now(message.id) }
      def assert_fallen_back_to(model, response = LlmRouter.testing, &block)
        expectation = FallenBackTo.new(model)
        assert(expectation.matches?(block || response), -> { expectation.failure_message })
      end

      private

      def called_model(model, text, times, parameters)
        expectation = CalledModel.new(model)
        expectation.with_message(text) if text
        expectation.times(times) if times
        expectation.with(**parameters) if parameters
        expectation
      end
    end
  end
end
