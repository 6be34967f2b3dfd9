# frozen_string_literal: true

require "net/http"

class Classify
  def call(message)
    uri = URI("#{ENV.fetch('LLM_URL', 'https://api.mistral.ai/v1')}/chat/completions")
    prompt = [{ role: "user", content: "Complaint or question? #{message.body}" }]
    body = { model: "mistral-small-latest", messages: prompt }.to_json
    answer = Net::HTTP.post(uri, body, "Authorization" => "Bearer #{ENV.fetch('MISTRAL_API_KEY', 'test-key')}")
    raise "Mistral: #{answer.code}" unless answer.is_a?(Net::HTTPOK)

    JSON.parse(answer.body).dig("choices", 0, "message", "content")
  end
end
