# frozen_string_literal: true

require_relative "ruby_rooms"

# What is loaded when: see lib/llm_router/loading.rb.
RSpec.describe "The rooms of lib/llm_router are loaded" do
  # In a process of its own, as here all of them are loaded.
  def after(code, print)
    output_of(<<~RUBY)
      require "llm_router"
      def loaded(rooms) = $LOADED_FEATURES.grep(%r{lib/llm_router/(\#{rooms})/}).map { |file| File.basename(file) }
      def configure = LlmRouter.configure { |config| config.chain :default, %w[a/b c/d] }
      def router = LlmRouter.new(budget: LlmRouter::Unlimited)
      ENV["OPENROUTER_API_KEY"] = "test-key"
      #{code}
      print(#{print})
    RUBY
  end

  it "without those that configure and call, by a require" do
    expect(after("", 'loaded("config|money|health|events|call") - ["web_request.rb"]')).to eq("[]")
  end

  it "without those that call, by a configuration" do
    expect(after("configure", 'loaded("health|call") - ["web_request.rb"]')).to eq("[]")
  end

  it "all by the first router, so that no call waits for them" do
    scripted = 'require "llm_router/testing"; LlmRouter.testing! { |gateway| gateway.answer("Hi") }'
    made = "#{scripted}; configure; made = router; before = $LOADED_FEATURES.dup"
    called = 'made.call(messages: [{ role: "user", content: "Hi" }], max_tokens: 9).content'
    expect(after("#{made}; said = #{called}", "said, ($LOADED_FEATURES - before).grep(/llm_router/)")).to eq("Hi[]")
  end

  it "each by a line of the table, but for what a setting or Rails needs" do
    rooms = %i[config money health events call]
    sources = RubyRooms.sources.select { |source| rooms.include?(source.room) && source.file.count("/") == 2 }
    apart = %w[SharedHealth Notifications LogSubscriber StructuredEvents Progress]
    expect(LlmRouter::Loading::CONSTANTS.keys.map(&:to_s)).to match_array(sources.flat_map(&:defined).uniq - apart)
  end

  it "whole, whatever interrupts the thread meanwhile" do
    interrupted = <<~RUBY
      configure
      thread = Thread.new { Thread.stop; router }
      Thread.pass until thread.stop?
      trace = TracePoint.new(:class) { |at| thread.raise("interrupted") if at.self.name == "LlmRouter::Response" }
      trace.enable
      thread.run
      thread.join rescue message = $!.message
      trace.disable
    RUBY
    expect(after("Thread.report_on_exception = false\n#{interrupted}",
                 "message, LlmRouter::Response.method_defined?(:to_s, false)")).to eq("interruptedtrue")
  end
end
