# frozen_string_literal: true

class Translate
  def call(message)
    ask("gpt-4o", message)
  rescue Faraday::Error => e
    Rails.logger.warn("gpt-4o: #{e.class}, falling back")
    ask("gpt-4o-mini", message)
  end

  private

  def ask(model, message)
    client.chat(parameters: { model: model, messages: [{ role: "user", content: "In German: #{message.body}" }] })
          .dig("choices", 0, "message", "content")
  end

  def client
    @client ||= OpenAI::Client.new(access_token: ENV.fetch("OPENAI_API_KEY", "test-key"))
  end
end
