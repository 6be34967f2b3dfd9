# frozen_string_literal: true

class Classify
  def call(message)
    router = LlmRouter.new(chain: :default, budget: LlmBudget.for(message.organization))
    prompt = [{ role: "user", content: "Complaint or question? #{message.body}" }]
    router.call(messages: prompt, feature: :classify, max_tokens: 20).content
  end
end
