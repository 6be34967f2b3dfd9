# frozen_string_literal: true

class DraftReplyJob < ApplicationJob
  include LlmRouter::Job

  def perform(message_id)
    message = Message.find(message_id)
    router = LlmRouter.new(chain: :default, budget: LlmBudget.for(message.organization, feature: :draft_reply))
    prompt = [{ role: "user", content: "Draft a reply to: #{message.body}" }]
    message.update!(suggested_reply: router.call(messages: prompt, max_tokens: 500).content)
  end
end
