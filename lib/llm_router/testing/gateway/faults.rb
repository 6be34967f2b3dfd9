# frozen_string_literal: true

require_relative "answer"

class LlmRouter
  module Testing
    class Gateway
      # How to script what goes wrong on the wire itself. See {Gateway} for the models, `times:` and `delay:`.
      module Faults
        # Takes the request and never answers. The client can leave, see {Observations#await_disconnect}, or is let go
        # by {Gateway#release}.
        #
        # @param pattern [String, Regexp] the models
        # @param times [Integer, nil] how often; nil for ever
        # @return [self]
        # @example
        #   gateway.hang("anthropic/*", times: 1)
        def hang(pattern = "*", times: nil)
          script(pattern, times:) { |exchange| exchange.take(&:stay) }
        end

        # Resets the connection (RST) instead of answering. Not to be mistaken for {Gateway#reset!}.
        #
        # @param pattern [String, Regexp] the models
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @return [self]
        # @example
        #   gateway.reset("anthropic/*", times: 1)
        def reset(pattern = "*", times: nil, delay: 0)
          script(pattern, times:, delay:) { |exchange| exchange.take(&:reset) }
        end

        # Sends the headers and half of the body that they announce, then closes the connection.
        #
        # @param pattern [String, Regexp] the models
        # @param content [String] of the answer that is cut
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @return [self]
        # @example
        #   gateway.truncate("anthropic/*")
        def truncate(pattern = "*", content: "Hello", times: nil, delay: 0)
          completion = Answer.new(content)
          script(pattern, times:, delay:) do |exchange|
            reply = completion.reply(exchange.request)
            exchange.take { |connection| connection.write(reply.head + reply.half) }
          end
        end

        # Sends the beginning of an answer and then nothing more, as {#hang} does.
        #
        # @param pattern [String, Regexp] the models
        # @param after [Symbol] `:headers` stops before the body, `:body` in the middle of it
        # @param content [String] of the answer that is begun
        # @param times [Integer, nil] how often; nil for ever
        # @return [self]
        # @raise [ArgumentError] for any other `after:`
        # @example
        #   gateway.stall("anthropic/*", after: :body)
        def stall(pattern = "*", after: :headers, content: "Hello", times: nil)
          unless %i[headers body].include?(after)
            raise ArgumentError, "after: is :headers or :body, not #{after.inspect}"
          end

          completion = Answer.new(content)
          script(pattern, times:) do |exchange|
            reply = completion.reply(exchange.request)
            exchange.take do |connection|
              connection.write(after == :body ? reply.head + reply.half : reply.head)
              connection.stay
            end
          end
        end

        # Sends the headers of a 200 and then a newline at a time, which OpenRouter does to keep a connection alive
        # while a model is at work. For ever, or for some seconds and then the answer; closes after it.
        #
        # @param pattern [String, Regexp] the models
        # @param every [Numeric] seconds between newlines
        # @param content [String] of the answer
        # @param times [Integer, nil] how often; nil for ever
        # @param options [Hash] the options of {Answers#answer}, less `gzip:`, `then:` and `delay:`
        # @option options [Numeric, nil] :for seconds until the answer; nil for never
        # @return [self]
        # @raise [ArgumentError] for a cost that is a Float or no number, or an option that has no place here
        # @example
        #   gateway.drip("anthropic/*", every: 0.02)
        #   gateway.drip("google/*", every: 0.02, for: 0.2, content: "At last", cost_usd: "0.0021")
        def drip(pattern = "*", every: 0.1, content: "Hello", times: nil, **options)
          misplaced = options.keys & %i[gzip then delay]
          raise ArgumentError, "drip takes no #{misplaced.map { |name| "#{name}:" }.join(', ')}" if misplaced.any?

          seconds = options.delete(:for)
          completion = Answer.new(content, **options)
          script(pattern, times:, cost: completion.stated_usd) do |exchange|
            exchange.drip(completion, every:, seconds:)
          end
        end
      end
    end
  end
end
