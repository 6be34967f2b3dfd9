# frozen_string_literal: true

require "json"
require "securerandom"
require_relative "dollars"
require_relative "reply"

class LlmRouter
  module Testing
    class Gateway
      # A completion as scripted. It is checked when it is scripted, and made into JSON for each request.
      #
      # @api private
      class Answer
        MESSAGE = %i[tool_calls refusal reasoning].freeze
        TOKENS = { prompt_tokens: 12, completion_tokens: 8 }.freeze

        # @param content [String, Hash, Array, nil] what is no text is sent as its JSON
        # @param options [Hash] those of {Answers#answer}, and `choice:`, a Hash merged into the one choice
        # @raise [ArgumentError] for a cost that is a Float or no number
        def initialize(content, cost_usd: "0", is_byok: false, upstream_cost_usd: (cost_usd unless is_byok), usage: {},
                       gzip: false, **options)
          raise ArgumentError, "cost: is no option of an answer: did you mean cost_usd?" if options.key?(:cost)

          @cost = Dollars.of(cost_usd)
          @upstream = Dollars.of(upstream_cost_usd)
          @is_byok = is_byok
          @usage = usage && usage_of(usage)
          @gzip = gzip
          @choice = choice_of(content, options)
          @fields = options
        end

        # @param request [Request]
        # @return [Reply]
        def reply(request)
          id = @fields.fetch(:id) { "gen-#{SecureRandom.hex(8)}" }
          fields = { id:, object: "chat.completion", created: Time.now.to_i, model: request&.model,
                     provider: "Testing", choices: [@choice], usage: @usage }.merge(@fields).compact
          reply = Reply.json(status: 200, fields:, headers: { "x-generation-id" => id.to_s }, cost_usd: billed_usd)
          @gzip ? reply.gzip : reply
        end

        # @return [BigDecimal, Integer] US dollars
        def billed_usd
          (@cost ? @cost.to_d : 0) + (@is_byok && @upstream ? @upstream.to_d : 0)
        end

        # @return [BigDecimal, Integer, false] US dollars; false where the answer says nothing of its cost
        def stated_usd
          silent = @usage.nil? || @cost.nil? || @is_byok || !@usage[:cost].equal?(@cost)
          silent && billed_usd.zero? ? false : billed_usd
        end

        private

        def usage_of(more)
          tokens = TOKENS.merge(more.slice(*TOKENS.keys))
          total = tokens.values.compact.sum
          tokens.merge({ total_tokens: total, cost: @cost, is_byok: @is_byok,
                         cost_details: { upstream_inference_cost: @upstream } }, more)
        end

        def choice_of(content, options)
          content = JSON.generate(content) if content.is_a?(Hash) || content.is_a?(Array)
          message = options.slice(*MESSAGE).compact
          finish_reason = options.fetch(:finish_reason) { message.key?(:tool_calls) ? "tool_calls" : "stop" }
          choice = options.fetch(:choice, {})
          [*MESSAGE, :finish_reason, :choice].each { |name| options.delete(name) }
          { index: 0, message: { role: "assistant", content:, refusal: nil, **message },
            finish_reason:, native_finish_reason: finish_reason, **choice }
        end
      end
    end
  end
end
