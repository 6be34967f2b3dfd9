# frozen_string_literal: true

require_relative "outcome"
require_relative "wording"

class LlmRouter
  module Testing
    # Checks whether a model answered as a fallback. An RSpec matcher, made by {Matchers#have_fallen_back_to};
    # Minitest's assertion uses it too.
    #
    # @api private
    class FallenBackTo
      WANTED = "give a response, a block that makes a call, or LlmRouter.testing"
      private_constant :WANTED

      # @param pattern [String, Regexp, #===] the model
      def initialize(pattern)
        @pattern = pattern
      end

      # @param actual [Response, Gateway, Proc] one call, all calls so far, or those that the block makes; a block that
      #   raises an error of this gem never matches
      def matches?(actual)
        see(actual) && @raised.nil? && fallen_back?
      end

      def does_not_match?(actual)
        see(actual) && @raised.nil? && !fallen_back?
      end

      def supports_block_expectations?
        true
      end

      def description
        "have fallen back to #{Wording.pattern(@pattern)}"
      end

      def failure_message
        failure("expected a fallback to #{Wording.pattern(@pattern)}")
      end

      def failure_message_when_negated
        failure("expected no fallback to #{Wording.pattern(@pattern)}")
      end

      private

      def see(actual)
        @actual = actual
        @raised = nil
        @outcomes = outcomes_of(actual)
      end

      def outcomes_of(actual)
        case actual
        when Proc then outcomes_during(&actual)
        when Gateway then Testing.session.outcomes.dup if Testing.session.on? && actual.equal?(LlmRouter.testing)
        else known(actual)&.then { |outcome| [outcome] }
        end
      end

      # Only a call that was made in testing knows its candidate.
      def known(actual)
        outcome = Outcome.of(actual)
        Testing.session.outcomes.find { |seen| outcome&.response && seen.response.equal?(actual) } || outcome
      end

      def outcomes_during
        before = Testing.session.outcomes.dup
        yield
        since(before)
      rescue LlmRouter::Error => e
        @raised = e
        since(before)
      end

      # By identity: the block may have restarted with LlmRouter.testing!
      def since(before)
        Testing.session.outcomes.reject { |outcome| before.any? { |old| old.equal?(outcome) } }
      end

      def fallen_back?
        @outcomes.any? { |outcome| outcome.fallen_back_to?(@pattern) }
      end

      def failure(expected)
        return "#{expected}, but #{@actual.inspect} is no response: #{WANTED}" unless @outcomes

        seen = @outcomes.empty? ? ["no call was made"] : @outcomes.map(&:to_s)
        seen << "the block raised #{@raised.class}: #{@raised.message}" if @raised
        "#{expected}, but #{seen.join(";\n  then ")}"
      end
    end
  end
end
