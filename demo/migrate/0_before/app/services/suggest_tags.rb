# frozen_string_literal: true

class SuggestTags
  def call(message)
    answer = connection.post("chat/completions", JSON.generate(body(message)))
    JSON.parse(answer.body).dig("choices", 0, "message", "content").split(",").map(&:strip)
  end

  private

  def body(message)
    { model: "llama-3.3-70b-versatile", messages: [{ role: "user", content: "Tags, by commas: #{message.body}" }] }
  end

  def connection
    url = ENV.fetch("LLM_URL", "https://api.groq.com/openai/v1")
    key = ENV.fetch("GROQ_API_KEY", "test-key")
    Faraday.new(url: url, headers: { "Authorization" => "Bearer #{key}" }) do |faraday|
      faraday.response :raise_error
      faraday.adapter :net_http
    end
  end
end
