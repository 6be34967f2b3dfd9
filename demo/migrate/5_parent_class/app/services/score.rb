# frozen_string_literal: true

class Score
  def call(message)
    router = LlmRouter.new(chain: :default, budget: LlmBudget.for(message.organization))
    prompt = [{ role: "user", content: "How angry is this? #{message.body}" }]
    router.call(messages: prompt, feature: :score, max_tokens: 20).content
  end
end
