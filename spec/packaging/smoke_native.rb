# frozen_string_literal: true

# Run by bin/smoke-native with Ruby and the installed gem alone; so its gateway is a bare socket.
require "llm_router"
require "socket"

BODY = '{"id":"gen-1","model":"google/gemini-2.5-flash","choices":[{"message":{"role":"assistant",' \
       '"content":"Hello from the gem"},"finish_reason":"stop"}],"usage":{"cost":0.0021}}'

gateway = TCPServer.new("127.0.0.1", 0)
Thread.new do
  ["503 Service Unavailable", "200 OK"].each do |status|
    connection = gateway.accept
    length = 0
    while (line = connection.gets.chomp) != ""
      length = line[/\d+/].to_i if line.match?(/\Acontent-length:/i)
    end
    connection.read(length)
    connection.write("HTTP/1.1 #{status}\r\nContent-Length: #{BODY.bytesize}\r\nConnection: close\r\n\r\n#{BODY}")
    connection.close
  end
end

LlmRouter.configure do |config|
  config.base_url = "http://127.0.0.1:#{gateway.addr[1]}"
  config.api_key = "test-key"
  config.logger = nil
  config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
end
draft = LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }])
abort "unexpected: #{draft.inspect}" unless draft.content == "Hello from the gem" && draft.fallback?
library = $LOADED_FEATURES.grep(%r{/llm_router\.(?:so|bundle)\z}).first
puts "llm_router #{LlmRouter::VERSION} on Ruby #{RUBY_VERSION} with RubyGems #{Gem::VERSION}, from #{library}, " \
     "answered after a fallback: #{draft.content.inspect}"
