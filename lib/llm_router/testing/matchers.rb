# frozen_string_literal: true

require "rspec/matchers"
require_relative "called_model"
require_relative "fallen_back_to"

class LlmRouter
  module Testing
    # The RSpec matchers, in every example once `require "llm_router/testing/rspec"` is in `spec_helper.rb`. With that,
    # {LlmRouter.testing!} is in force in all of the suite, and each example starts without a script and without
    # requests: script the gateway in `before` or in the example.
    #
    # A model is a String, in which `*` stands for anything, a Regexp, or a matcher.
    #
    # @example
    #   RSpec.describe DraftReplyJob do
    #     before { LlmRouter.testing.answer("Hello", cost_usd: "0.0021") }
    #
    #     it "drafts a reply on the day the primary is down" do
    #       LlmRouter.testing.fail("anthropic/*", status: 503)
    #       expect { described_class.perform_now(message.id) }.to have_fallen_back_to("google/*")
    #       expect(message.reload.suggested_reply).to eq("Hello")
    #     end
    #   end
    module Matchers
      # `and`, `or`, and a place within other matchers.
      [CalledModel, FallenBackTo].each { |matcher| matcher.include(RSpec::Matchers::Composable) }

      # Expects that such a model was called.
      #
      # @param model [String, Regexp, #===]
      # @return [CalledModel] which takes {CalledModel#with_message} and {CalledModel#times}
      # @example
      #   expect(LlmRouter.testing).to have_called_model("anthropic/claude-sonnet-4.5").with_message(/refund/).times(1)
      #   expect(LlmRouter.testing).not_to have_called_model("google/*")
      def have_called_model(model) # rubocop:disable Naming/PredicateName
        CalledModel.new(model)
      end

      # Expects that such a model answered after another had failed: of a response, of the calls that a block makes, or
      # of all calls so far, with `LlmRouter.testing`.
      #
      # @param model [String, Regexp, #===]
      # @return [FallenBackTo]
      # @example
      #   expect(router.call(messages: messages, max_tokens: 500)).to have_fallen_back_to("google/*")
      #   expect { DraftReplyJob.perform_now(message.id) }.to have_fallen_back_to("google/*")
      def have_fallen_back_to(model) # rubocop:disable Naming/PredicateName
        FallenBackTo.new(model)
      end
    end
  end
end
