# frozen_string_literal: true

require "ruby_llm"
require_relative "peer"

# ruby_llm, which makes a chat for each call. Its answer has no cost, so that is read from the raw body.
class RubyLlm < Peer
  NAME = "ruby_llm"
  VERSION = "ruby_llm #{RubyLLM::VERSION}".freeze

  def initialize(url, timeout:, **)
    super
    RubyLLM.configure do |config|
      config.openai_api_key = "test-key"
      config.openai_api_base = url
      config.request_timeout = timeout
      config.max_retries = 0
      # Else, from 2.1 on, it speaks the Responses API.
      config.openai_protocol = :chat_completions if config.respond_to?(:openai_protocol=)
    end
  end

  def call(models)
    models.each do |model|
      chat = RubyLLM.chat(model: model, provider: :openai, assume_model_exists: true)
      answer = chat.ask(MESSAGES.first[:content])
      return [answer.content, BigDecimal(answer.raw.body["usage"]["cost"].to_s)]
    rescue StandardError => e
      failed(model, e)
    end
    raise "no model answered"
  end
end
