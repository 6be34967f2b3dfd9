# frozen_string_literal: true

require_relative "answer"
require_relative "reply"

class LlmRouter
  module Testing
    class Gateway
      # How to script what comes back when all is well, or at least arrives whole. See {Gateway} for the models,
      # `times:` and `delay:`.
      module Answers
        # What can become of a kept-alive connection once its answer is sent.
        ENDINGS = { nil => nil, close: :close, reset: :reset_soon, reset_on_reuse: :reset_on_reuse }.freeze
        private_constant :ENDINGS

        # Answers with a completion.
        #
        # `then:` ends the connection after the answer, which promised to keep it alive: `:close` closes it at once,
        # `:reset` resets it, `:reset_on_reuse` resets it when the next request comes in on it. See
        # {Observations#await_hangup}.
        #
        # @param content [String, Hash, Array, nil] what the model says; a Hash or an Array is sent as its JSON
        # @param pattern [String, Regexp] the models
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @param options [Hash] any other field goes into the top level of the answer as it is (`id:`, `created:`, …),
        #   where nil leaves the field out
        # @option options [String, BigDecimal, Integer, nil] :cost_usd ("0") US dollars, written into the JSON with just
        #   these digits; nil for null
        # @option options [Hash, nil] :usage more fields of `usage`, such as `prompt_tokens:`; nil for no usage at all
        # @option options [Boolean] :is_byok (false) bring-your-own-key: the cost is OpenRouter's fee alone
        # @option options [String, BigDecimal, Integer, nil] :upstream_cost_usd US dollars, what the vendor took; the
        #   cost itself by default, nil under bring-your-own-key
        # @option options [String] :model the model billed; the requested one by default
        # @option options [String] :provider ("Testing")
        # @option options [String] :finish_reason "stop", or "tool_calls" where there are some
        # @option options [Array<Hash>] :tool_calls
        # @option options [String] :refusal
        # @option options [String] :reasoning
        # @option options [Boolean] :gzip (false) compresses the body, whatever the client accepts
        # @option options [Symbol, nil] :then `:close`, `:reset` or `:reset_on_reuse`
        # @return [self]
        # @raise [ArgumentError] for a cost that is a Float or no number, or an unknown `then:`
        # @example
        #   gateway.answer("Hello", "anthropic/*", cost_usd: "0.0021", times: 1, delay: 0.05)
        #   gateway.answer({ sentiment: "good" }) # content: {"sentiment":"good"}
        #   gateway.answer(nil, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }])
        def answer(content, pattern = "*", times: nil, delay: 0, **options)
          ending = ENDINGS.fetch(options.delete(:then)) do |name|
            raise ArgumentError, "then: is :close, :reset or :reset_on_reuse, not #{name.inspect}"
          end
          completion = Answer.new(content, **options)
          script(pattern, times:, delay:, cost: completion.stated_usd) do |exchange|
            reply = completion.reply(exchange.request)
            ending ? exchange.reply_and_end(reply, ending) : exchange.reply(reply)
          end
        end

        # Answers with a completion whose content is that long.
        #
        # @param pattern [String, Regexp] the models
        # @param bytes [Integer] the size of the content, before any compression
        # @param options [Hash] `times:`, `delay:` and the options of {#answer}
        # @return [self]
        # @raise [ArgumentError] as {#answer}
        # @example 40 MB that travel as 40 kB
        #   gateway.huge(bytes: 40_000_000, gzip: true)
        def huge(pattern = "*", bytes:, **options)
          answer("x" * bytes, pattern, **options)
        end

        # Answers with any body at all.
        #
        # @param pattern [String, Regexp] the models
        # @param body [String] sent as it is
        # @param status [Integer] the HTTP status
        # @param headers [Hash{String => String}] added to, or instead of, a content type of JSON
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @return [self]
        # @example A proxy's error page
        #   gateway.raw(body: "<html>Bad gateway</html>", headers: { "content-type" => "text/html" })
        def raw(pattern = "*", body:, status: 200, headers: {}, times: nil, delay: 0)
          reply = Reply.new(status:, headers:, body:)
          script(pattern, times:, delay:) { |exchange| exchange.reply(reply) }
        end

        # Answers with a redirect.
        #
        # @param pattern [String, Regexp] the models
        # @param to [String] the URL
        # @param status [Integer] the HTTP status
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @return [self]
        # @example
        #   gateway.redirect(to: "#{other_gateway.base_url}/chat/completions")
        def redirect(pattern = "*", to:, status: 307, times: nil, delay: 0)
          reply = Reply.new(status:, headers: { "location" => to }, body: "")
          script(pattern, times:, delay:, cost: 0) { |exchange| exchange.reply(reply) }
        end

        # Answers with what the block makes of the request, for anything not covered here. The block runs on a thread of
        # the gateway, on several at once where requests overlap; what it raises becomes a 500.
        #
        # @param pattern [String, Regexp] the models
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @yieldparam request [Request]
        # @yieldreturn [Array(Integer, Hash, String)] status, headers and body
        # @return [self]
        # @raise [ArgumentError] without a block
        # @example
        #   gateway.respond("openai/*") do |request|
        #     [200, { "content-type" => "application/json" }, JSON.generate(echo: request.messages)]
        #   end
        def respond(pattern = "*", times: nil, delay: 0)
          raise ArgumentError, "respond needs a block that returns [status, headers, body]" unless block_given?

          script(pattern, times:, delay:) do |exchange|
            status, headers, body = yield(exchange.request)
            exchange.reply(Reply.new(status:, headers:, body:))
          end
        end
      end
    end
  end
end
