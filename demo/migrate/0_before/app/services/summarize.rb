# frozen_string_literal: true

class Summarize
  CLIENT = OpenAI::Client.new(access_token: ENV.fetch("OPENAI_API_KEY", "test-key"))

  def call(message)
    answer = CLIENT.chat(parameters: { model: "gpt-4o-mini", max_tokens: 100,
                                       messages: [{ role: "user", content: "Summarize: #{message.body}" }] })
    answer.dig("choices", 0, "message", "content")
  end
end
