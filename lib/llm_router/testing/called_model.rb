# frozen_string_literal: true

require_relative "wording"

class LlmRouter
  module Testing
    # Checks whether a gateway was called with a model. An RSpec matcher, made by {Matchers#have_called_model};
    # Minitest's assertions use it too.
    class CalledModel
      MAX_LISTED = 20
      MAX_EXCERPT = 100
      private_constant :MAX_LISTED, :MAX_EXCERPT

      # @api private
      # @param pattern [String, Regexp, #===] the model
      def initialize(pattern)
        @pattern = pattern
      end

      # Counts only the requests with such a message, of whatever role.
      #
      # @param text [String, Regexp, #===] a String matches as a part of the message
      # @return [self]
      # @example
      #   expect(LlmRouter.testing).to have_called_model("anthropic/*").with_message(/refund/)
      def with_message(text)
        @message = [text]
        self
      end

      # Counts only the requests with such parameters: of a Hash, what is given here; of everything else, all of it.
      #
      # @param parameters [Hash{Symbol => Object}] anything but the messages; values may be matchers, Ranges, classes
      # @return [self]
      # @example
      #   expect(LlmRouter.testing).to have_called_model("google/*").with(max_tokens: 200, provider: { sort: "price" })
      def with(**parameters)
        @parameters = parameters
        self
      end

      # @param count [Integer, Range] how often; at least once by default
      # @return [self]
      # @example
      #   expect(LlmRouter.testing).to have_called_model("anthropic/*").times(2)
      def times(count)
        @times = count
        self
      end

      # @api private
      def matches?(gateway)
        see(gateway) && enough?
      end

      # @api private
      def does_not_match?(gateway)
        see(gateway) && !enough?
      end

      # @api private
      def description
        "have called #{Wording.pattern(@pattern)}#{manner}"
      end

      # @api private
      def failure_message
        failure("expected #{Wording.pattern(@pattern)} to have been called#{manner}")
      end

      # @api private
      def failure_message_when_negated
        failure("expected #{Wording.pattern(@pattern)} not to have been called#{manner}")
      end

      private

      def see(gateway)
        @gateway = gateway
        @requests = gateway.requests if gateway.is_a?(Gateway)
      end

      def enough?
        @times ? @times === count : count.positive? # rubocop:disable Style/CaseEquality
      end

      def count
        @requests.count { |request| Wording.model?(@pattern, request.model) && said?(request) && sent?(request) }
      end

      def sent?(request)
        @parameters.nil? || Wording.holds?(@parameters, request.body)
      end

      def said?(request)
        return true unless @message

        messages_of(request).any? { |message| Wording.text?(@message.first, Wording.text(message)) }
      end

      def manner
        message = @message && " with a message matching #{Wording.pattern(@message.first)}"
        parameters = @parameters && " with #{Wording.parameters(@parameters)}"
        "#{" #{Wording.times(@times)}" if @times}#{message}#{parameters}"
      end

      def failure(expected)
        return "#{expected}, but #{@gateway.inspect} is no gateway: give LlmRouter.testing" unless @requests
        return "#{expected}, but no model was called" if @requests.empty?

        seen = count.zero? ? "not" : "called #{Wording.times(count)}"
        "#{expected}, but it was #{seen}. Called, in order:\n#{list}"
      end

      def list
        lines = @requests.first(MAX_LISTED).map { |request| "  #{request.model || request.inspect}#{quote(request)}" }
        lines << "  and #{@requests.size - MAX_LISTED} more" if @requests.size > MAX_LISTED
        lines.join("\n")
      end

      def quote(request)
        parameters = request.body.to_h.except("model", "messages") if @parameters
        [(" with #{parameters.inspect}" if parameters), (quoted(request) if @message)].join
      end

      def quoted(request)
        texts = messages_of(request).map { |message| Wording.text(message)[0, MAX_EXCERPT].inspect }
        " with the messages #{texts.join(', ')}"
      end

      def messages_of(request)
        Array(request.messages)
      end
    end
  end
end
