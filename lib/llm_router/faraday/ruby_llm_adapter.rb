# frozen_string_literal: true

class LlmRouter
  # Takes the requests of ruby_llm's provider +:llm_router+: the model is the name of a chain, and the budget is the
  # provider's setting. With <tt>require "llm_router/ruby_llm"</tt>.
  # @api private
  class RubyLlmAdapter < FaradayAdapter
    class << self
      # Makes the provider known to ruby_llm.
      # @return [void]
      def register
        ::RubyLLM::Provider.register(:llm_router, provider)
      end

      private

      def provider
        adapter = self
        Class.new(::RubyLLM::Provider) do
          protocol :chat_completions, ::RubyLLM::Providers::OpenRouter::ChatCompletions

          define_singleton_method(:display_name) { "llm_router" }
          define_singleton_method(:configuration_options) { %i[llm_router_budget] }
          define_singleton_method(:configuration_requirements) { %i[llm_router_budget] }
          # The chains are not in ruby_llm's list of models.
          define_singleton_method(:assume_models_exist?) { true }

          # The chain falls back and waits, so ruby_llm does not retry.
          define_method(:initialize) do |config|
            super(config.dup.tap { |own| (own.faraday_adapter = adapter) && (own.max_retries = 0) })
          end
          define_method(:api_base) { "https://llm-router.invalid/v1" }
        end
      end
    end

    private

    def check(_options) = nil

    def terms(env, request)
      config = env.request.context.fetch(:ruby_llm_provider).config
      { chain: request.model.to_s.to_sym, budget: config.llm_router_budget }
    end
  end
end
