# frozen_string_literal: true

require "net/http"

# The parent of all clients of APIs.
class ApiClient
  def post(path, body)
    answer = Net::HTTP.post(URI("#{base_url}#{path}"), body.to_json, "Authorization" => "Bearer #{api_key}")
    raise "#{self.class}: #{answer.code}" unless answer.is_a?(Net::HTTPOK)

    JSON.parse(answer.body)
  end
end
