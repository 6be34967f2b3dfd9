# frozen_string_literal: true

require "time"
require_relative "answer"
require_relative "reply"

class LlmRouter
  module Testing
    class Gateway
      # How to script failures that arrive as whole HTTP answers. See {Gateway} for the models, `times:` and `delay:`.
      module Failures
        # Fails with a status and `{"error": {"code", "message", "metadata"}}`.
        #
        # @param pattern [String, Regexp] the models
        # @param status [Integer] the HTTP status
        # @param message [String]
        # @param code [Integer, String] the status by default
        # @param metadata [Hash, nil] left out when nil
        # @param retry_after [Numeric, Time, String, nil] `Retry-After`: seconds, a Time for an HTTP date, or any text
        # @param headers [Hash{String => String}] more of them
        # @param body [String, nil] sent instead of the JSON
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @param error [Hash] any other field goes into the error object
        # @return [self]
        # @raise [ArgumentError] for a status that is no Integer
        # @example
        #   gateway.fail("anthropic/*", status: 429, retry_after: 7, times: 1)
        #   gateway.fail("openai/*", status: 402, metadata: { error_type: "openrouter_credits" })
        def fail(pattern = "*", status:, message: "llm_router testing: scripted #{status}", code: status, metadata: nil,
                 retry_after: nil, headers: {}, body: nil, times: nil, delay: 0, **error)
          retry_after = retry_after.httpdate if retry_after.respond_to?(:httpdate)
          headers = { "retry-after" => retry_after.to_s }.merge(headers) if retry_after
          reply = Reply.error(status:, code:, message:, metadata:, headers:,
                              **error)
          reply = Reply.new(status:, headers:, body:) if body
          script(pattern, times:, delay:, cost: 0) { |exchange| exchange.reply(reply) }
        end

        # Fails inside a 200: an `error` object at the top level, and no choices.
        #
        # @param pattern [String, Regexp] the models
        # @param code [Integer, String, nil] left out when nil
        # @param message [String]
        # @param metadata [Hash, nil] left out when nil
        # @param cost_usd [String, BigDecimal, Integer, nil] US dollars it cost all the same; nil for no usage
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @param error [Hash] any other field goes into the error object
        # @return [self]
        # @raise [ArgumentError] for a cost that is a Float or no number
        # @example
        #   gateway.fail_inside("anthropic/*", code: 502, message: "Provider returned error", cost_usd: "0.0003")
        #   gateway.fail_inside("anthropic/*", error_type: "rate_limit_exceeded", http_status: 429)
        def fail_inside(pattern = "*", code: nil, message: "llm_router testing: scripted #{code}", metadata: nil,
                        cost_usd: nil, times: nil, delay: 0, **error)
          error = { code:, message:, metadata: }.compact.merge(error)
          usage = cost_usd ? {} : nil
          answer(nil, pattern, error:, choices: nil, usage:, cost_usd:, times:, delay:)
        end

        # Fails inside a choice of a 200: `finish_reason` "error", an error of its own, and the text so far.
        #
        # @param pattern [String, Regexp] the models
        # @param code [Integer, String]
        # @param message [String]
        # @param content [String] the text so far
        # @param cost_usd [String, BigDecimal, Integer, nil] US dollars it cost all the same; nil for null
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @return [self]
        # @raise [ArgumentError] for a cost that is a Float or no number
        # @example
        #   gateway.finish_with_error("anthropic/*", code: 502, content: "Dear Ms", cost_usd: "0.0003")
        def finish_with_error(pattern = "*", code:, message: "llm_router testing: scripted #{code}", content: "partial",
                              cost_usd: nil, times: nil, delay: 0)
          answer(content, pattern, finish_reason: "error", choice: { error: { code:, message: } },
                                   cost_usd:, times:, delay:)
        end

        # Answers with empty content, as a model that is still warming up does; or, by `finish_reason:`, as one whose
        # `max_tokens` went into thinking, or that a filter stopped.
        #
        # @param pattern [String, Regexp] the models
        # @param finish_reason [String] "length" and "content_filter" make it a hop `:blank`
        # @param cost_usd [String, BigDecimal, Integer, nil] US dollars it cost all the same; nil for null
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @return [self]
        # @raise [ArgumentError] for a cost that is a Float or no number
        # @example
        #   gateway.empty("meta-llama/*", times: 1)
        #   gateway.empty("openai/*", finish_reason: "length", cost_usd: "0.01")
        def empty(pattern = "*", finish_reason: "stop", cost_usd: nil, times: nil, delay: 0)
          answer("", pattern, finish_reason:, cost_usd:, times:, delay:)
        end

        # Answers with an empty list of choices.
        #
        # @param pattern [String, Regexp] the models
        # @param cost_usd [String, BigDecimal, Integer, nil] US dollars it cost all the same; nil for null
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @return [self]
        # @raise [ArgumentError] for a cost that is a Float or no number
        # @example
        #   gateway.no_choices("google/*")
        def no_choices(pattern = "*", cost_usd: nil, times: nil, delay: 0)
          answer(nil, pattern, choices: [], cost_usd:, times:, delay:)
        end
      end
    end
  end
end
