# frozen_string_literal: true

# The article's job as it stands there, less its last line: the router charges the budget.
class DraftReplyJob < ApplicationJob
  def perform(message_id)
    message = Message.find(message_id)
    budget  = LlmBudget.for(message.organization)

    router = LlmRouter.new(chain: :default, budget: budget)
    draft  = router.call(messages: build_prompt(message), max_tokens: 500)

    message.update!(suggested_reply: draft.content)
  end

  private

  def build_prompt(message)
    [{ role: "system", content: "Draft a short, kind reply to the customer." },
     { role: "user", content: message.body }]
  end
end
