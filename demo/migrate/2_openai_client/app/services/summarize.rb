# frozen_string_literal: true

class Summarize
  def call(message)
    answer = client(message.organization)
             .chat(parameters: { max_tokens: 100, messages: [{ role: "user", content: "Summarize: #{message.body}" }] })
    answer.dig("choices", 0, "message", "content")
  end

  private

  def client(organization)
    OpenAI::Client.new(access_token: "none") do |faraday|
      faraday.adapter :llm_router, chain: :default, budget: LlmBudget.for(organization), feature: :summarize
    end
  end
end
