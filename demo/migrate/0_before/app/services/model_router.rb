# frozen_string_literal: true

# The service object of the article: a chain, and a rescue that moves on to its next model.
class ModelRouter
  MODELS = %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash meta-llama/llama-3.3-70b-instruct].freeze

  def call(messages:)
    MODELS.each_with_index do |model, index|
      return request(model, messages)
    rescue Faraday::Error => e
      Rails.logger.warn("[llm] #{model} failed: #{e.class}, falling through")
      raise if index == MODELS.size - 1

      next
    end
  end

  private

  def request(model, messages)
    JSON.parse(connection.post("chat/completions", JSON.generate(model: model, messages: messages)).body)
        .dig("choices", 0, "message", "content")
  end

  def connection
    @connection ||= Faraday.new(url: ENV.fetch("LLM_URL", "https://openrouter.ai/api/v1")) do |faraday|
      faraday.headers["Authorization"] = "Bearer #{ENV.fetch('OPENROUTER_API_KEY', 'test-key')}"
      faraday.response :raise_error
      faraday.adapter :net_http
    end
  end
end
