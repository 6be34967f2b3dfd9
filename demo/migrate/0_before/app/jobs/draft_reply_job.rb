# frozen_string_literal: true

class DraftReplyJob < ApplicationJob
  retry_on Faraday::Error, wait: 5, attempts: 3

  def perform(message_id)
    message = Message.find(message_id)
    prompt = [{ role: "user", content: "Draft a reply to: #{message.body}" }]
    message.update!(suggested_reply: ModelRouter.new.call(messages: prompt))
  end
end
