# frozen_string_literal: true

require "faraday"
require "json"

# Stands in for the gem ruby-openai, which this demo's machine may lack: the same interface, also made on Faraday.
module OpenAI
  class Client
    def initialize(access_token:, uri_base: ENV.fetch("LLM_URL", "https://api.openai.com/v1"), &middleware)
      @connection = Faraday.new(url: uri_base, headers: { "Authorization" => "Bearer #{access_token}" }) do |faraday|
        faraday.response :raise_error
        middleware ? middleware.call(faraday) : faraday.adapter(:net_http)
      end
    end

    def chat(parameters:)
      JSON.parse(@connection.post("chat/completions", JSON.generate(parameters)).body)
    end
  end
end
