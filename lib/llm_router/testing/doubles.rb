# frozen_string_literal: true

require_relative "gateway/answer"

class LlmRouter
  module Testing
    # Responses for tests that double the router itself.
    module Doubles
      # A {Response} as a call would return it, without a call.
      #
      # @param content [String, Hash, Array, nil] what the model says; a Hash or an Array is sent as its JSON
      # @param cost_usd [String, BigDecimal, Integer, nil] US dollars
      # @param model [String] the model that answered
      # @param requested_model [String] the model that was called
      # @param endpoint [String]
      # @param hops [Array<Hop>] what failed before
      # @param options [Hash] as {Gateway::Answers#answer}: `finish_reason:`, `tool_calls:`, `refusal:`, `reasoning:`,
      #   `usage:`, `provider:`, `id:`
      # @return [Response]
      # @raise [ArgumentError] for a cost that is a Float or no number
      # @example
      #   router = instance_double(LlmRouter, call: LlmRouter::Testing.response(content: "Hello", cost_usd: "0.0021"))
      def response(content: "Hello", cost_usd: "0", model: "test/model", requested_model: model, endpoint: "openrouter",
                   hops: [], **options)
        body = Gateway::Answer.new(content, cost_usd: cost_usd, model: model, **options).reply(nil).body
        answer = JSON.parse(body)
        dump = { completion: completion_of(answer, body), cost_usd: cost_usd && BigDecimal(cost_usd),
                 cost_basis: (:billed if cost_usd), requested_model: requested_model, endpoint: endpoint, hops: hops }
        Response.allocate.tap { |response| response.marshal_load(dump) }
      end

      private

      def completion_of(answer, body)
        choice = answer.fetch("choices").first
        tokens = answer.fetch("usage", {}).values_at("prompt_tokens", "completion_tokens", "total_tokens")
        { id: answer["id"], generation_id: answer["id"], model: answer["model"], provider: answer["provider"],
          **%w[content refusal reasoning].to_h { |name| [name.to_sym, choice["message"][name]] },
          finish_reason: choice["finish_reason"], native_finish_reason: choice["native_finish_reason"], tokens: tokens,
          body: body }
      end
    end
  end
end
