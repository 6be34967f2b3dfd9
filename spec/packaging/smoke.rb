# frozen_string_literal: true

# Run by bin/smoke outside the checkout, with the installed gem alone.
require "llm_router"
require "llm_router/testing/gateway"

home = ARGV.fetch(0)
from = $LOADED_FEATURES.grep(%r{/llm_router\.(rb|so|bundle)\z})
abort "loaded from elsewhere: #{from}" unless from.any? && from.all? { |path| path.start_with?(home) }

LlmRouter::Testing::Gateway.start do |gateway|
  gateway.answer("Hello from the gem", cost_usd: "0.0021")
  gateway.fail("anthropic/*", status: 503)
  LlmRouter.configure do |config|
    config.base_url = gateway.base_url
    config.api_key = "test-key"
    config.logger = nil
    config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
  end
  draft = LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }])
  abort "unexpected: #{draft.inspect}" unless draft.content == "Hello from the gem" && draft.fallback?
  puts "llm_router #{LlmRouter::VERSION}, installed with RubyGems #{Gem::VERSION}, answered after a fallback: " \
       "#{draft.content.inspect}, #{draft.cost_usd.to_s('F')} USD"
end
