# frozen_string_literal: true

# Two calls, each a step whose answer is kept.
class StepwiseJob < ApplicationJob
  include ActiveJob::Continuable if defined?(ActiveJob::Continuable)
  include LlmRouter::Job

  def perform(message_id)
    @message = Message.find(message_id)
    step(:draft) { keep(answer("Draft")) }
    step(:polish) { keep(answer("Polish")) }
  end

  private

  def answer(task)
    LlmRouter.new(budget: LlmBudget.for(@message.organization))
             .call(messages: [{ role: "user", content: "#{task}: #{@message.body}" }], max_tokens: 20).content
  end

  def keep(answer)
    @message.update!(suggested_reply: [@message.suggested_reply, answer].compact.join(" "))
  end
end
