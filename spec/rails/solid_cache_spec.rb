# frozen_string_literal: true

require_relative "parts_app"

RSpec.describe "llm_router with Solid Cache as its health_store", :slow, gem: "solid_cache" do
  include PartsApp

  let(:env) { super().merge(SHARED_HEALTH: "1", DISALLOWED: "1") }

  before do
    gateway.answer("On its way.")
    in_app("Rails.cache.clear")
  end

  # @return [String] the hops of a call in a process of its own, once that has read the cache
  def hops(call: "answer = router.call(messages: [{ role: 'user', content: 'Hi' }], max_tokens: 5)", after: "")
    in_app(<<~RUBY).lines.last
      router = LlmRouter.new(budget: LlmRouter::Unlimited)
      LlmRouter::SharedHealth.send(:remove_const, :REFRESH_TIMEOUT)
      LlmRouter::SharedHealth::REFRESH_TIMEOUT = 60
      #{call}
      #{after}
      print "\\n", answer.hops.map(&:reason)
    RUBY
  end

  it "shares cooldowns between processes, and keeps no connection" do
    gateway.fail("anthropic/*", status: 503, retry_after: 600, times: 1)
    written = "Waiting.eventually { SolidCache::Entry.uncached { SolidCache::Entry.count.positive? } }"
    idle = <<~RUBY
      pool = SolidCache::Record.connection_pool
      pool.release_connection
      Waiting.eventually { pool.stat[:busy].zero? }
    RUBY
    expect(hops(after: "#{written}; #{idle}")).to eq("[:unavailable]")
    expect(hops(after: idle)).to eq("[:cooling_down]")
    expect(gateway.requests.map(&:model).grep(/anthropic/).size).to eq(1)
  end
end
