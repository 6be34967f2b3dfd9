# frozen_string_literal: true

class Score < ApiClient
  def call(message)
    prompt = [{ role: "user", content: "How angry is this? #{message.body}" }]
    post("/chat/completions", { model: "deepseek-chat", messages: prompt }).dig("choices", 0, "message", "content")
  end

  private

  def base_url = ENV.fetch("LLM_URL", "https://api.deepseek.com/v1")

  def api_key = ENV.fetch("DEEPSEEK_API_KEY", "test-key")
end
