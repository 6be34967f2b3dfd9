# frozen_string_literal: true

class Translate
  CHAIN = %w[openai/gpt-4o anthropic/claude-sonnet-4.5].freeze

  def call(message)
    router = LlmRouter.new(chain: CHAIN, budget: LlmBudget.for(message.organization))
    prompt = [{ role: "user", content: "In German: #{message.body}" }]
    router.call(messages: prompt, feature: :translate, max_tokens: 500).content
  end
end
