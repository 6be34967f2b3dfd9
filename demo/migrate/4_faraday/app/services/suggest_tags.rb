# frozen_string_literal: true

class SuggestTags
  def call(message)
    router = LlmRouter.new(chain: :default, budget: LlmBudget.for(message.organization))
    prompt = [{ role: "user", content: "Tags, by commas: #{message.body}" }]
    router.call(messages: prompt, feature: :tags, max_tokens: 50).content.split(",").map(&:strip)
  end
end
