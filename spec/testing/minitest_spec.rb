# frozen_string_literal: true

require "open3"
require "tmpdir"

# Tests of an app's, in a process of their own.
RSpec.describe "llm_router/testing/minitest", :slow do
  let(:outside) { gateway.answer("From outside") }

  after { expect(outside.requests).to be_empty }

  def run(code)
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "app_test.rb"), preamble + code)
      lib = File.expand_path("../../lib", __dir__)
      out, = Open3.capture2e(RbConfig.ruby, "-I", lib, "app_test.rb", chdir: folder)
      out
    end
  end

  def preamble
    <<~RUBY
      require "minitest/autorun"
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url = #{outside.base_url.inspect}
        config.logger = nil
        config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
      end
      require "llm_router/testing/minitest"
      def ask(text = "Hi")
        LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: text }])
      end
    RUBY
  end

  def test_case(tests)
    run(<<~RUBY)
      class AppTest < Minitest::Test
        include LlmRouter::Testing::Minitest
        ADDRESSES = []
        def testing = LlmRouter.testing
        #{tests}
      end
    RUBY
  end

  it "starts each test with no script and no requests, on one gateway" do
    tests = Array.new(3) do |number|
      <<~RUBY
        def test_#{number}
          assert_raises(LlmRouter::Testing::UnstubbedCall) { ask }
          testing.answer("Hello")
          testing.fail("anthropic/*", status: 503)
          draft = ask("I want a refund")
          assert_fallen_back_to "google/*", draft
          assert_fallen_back_to "google/*"
          assert_fallen_back_to("google/*") { ask }
          assert_called_model "anthropic/claude-sonnet-4.5", times: 3
          assert_called_model(/gemini/, with_message: /refund/, times: 1)
          assert_raises(Minitest::Assertion) { assert_called_model(/gemini/, with: { max_tokens: 5 }) }
          refute_called_model(/gemini/, with: { max_tokens: 5 })
          refute_called_model "openai/*"
          refute_called_model "google/*", with_message: "complaint"
          assert_equal 1, ADDRESSES.push(testing.base_url).uniq.size
        end
      RUBY
    end
    expect(test_case(tests.join)).to include("3 runs,").and include("0 failures, 0 errors")
  end

  it "lets nothing out before the first test, which starts with nothing, too" do
    output = test_case(<<~RUBY)
      begin
        ask
      rescue LlmRouter::Testing::UnstubbedCall => e
        puts "Before: \#{e.message}"
      end
      def self.run(*)
        LlmRouter.testing.answer("Hello")
        super
      end
      def test_it = assert_match(/scripted: nothing at all/, assert_raises(LlmRouter::Testing::UnstubbedCall) { ask }.message)
    RUBY
    expect(output).to match(/^Before: .*nothing scripted for/)
      .and include("1 runs,").and include("0 failures, 0 errors")
  end

  it "lets setup script, and teardown see the requests" do
    expect(test_case(<<~RUBY)).to include("1 runs, 1 assertions, 0 failures, 0 errors")
      def setup = testing.answer("Hello")
      def teardown = assert_called_model("anthropic/*")
      def test_it = ask
    RUBY
  end

  it "gives failures that say what happened, and an error for what is not scripted" do
    output = test_case(<<~RUBY)
      def test_1 = testing.answer("Hello") && ask && assert_called_model("openai/*")
      def test_2 = testing.answer("Hello") && ask && refute_called_model("anthropic/*")
      def test_3 = testing.answer("Hello") && assert_fallen_back_to("google/*", ask)
      def test_4 = testing.fail(status: 503) && assert_fallen_back_to("google/*") { ask }
      def test_5 = assert_fallen_back_to("google/*", nil)
      def test_6 = ask
      def test_7 = testing.answer("Hello") && ask && assert_called_model("*", times: 2)
    RUBY
    expect(output).to include("6 failures, 1 errors")
      .and include('expected "*" to have been called twice, but it was called once')
      .and include('expected "openai/*" to have been called, but it was not')
      .and include('expected "anthropic/*" not to have been called, but it was called once')
      .and include("answered, the first candidate").and include("LlmRouter::ChainExhausted was raised")
      .and include("nil is no response").and include("Script it before the call")
  end

  it "works with tests that script once, for all, and do not include it" do
    expect(run(<<~RUBY)).to include("1 runs, 1 assertions, 0 failures, 0 errors")
      LlmRouter.testing! { |gateway| gateway.answer("Hello") }
      class AppTest < Minitest::Test
        def test_it = assert_equal("Hello", ask.content)
      end
    RUBY
  end

  # Rails before 8.1 calls what Minitest 6 no longer has, and then waits for its workers for ever.
  def parallel?
    gem("activesupport").version >= Gem::Version.new("8.1") || gem("minitest").version < Gem::Version.new("6")
  end

  def gem(name) = Gem.loaded_specs[name] || Gem::Specification.find_by_name(name)

  # In the base class as in the README, or in a class below it.
  %w[ActiveSupport::TestCase AppTest].each do |place|
    it "works with ActiveSupport::TestCase when #{place} includes it, in parallel processes" do
      skip "Rails before 8.1 has no parallel tests with Minitest 6" unless parallel?
      output = run(<<~RUBY)
        require "#{Waiting::FILE}"
        require "active_support"
        require "active_support/test_case"
        require "fileutils"
        class AppTest < ActiveSupport::TestCase; end
        #{place}.include(LlmRouter::Testing::Minitest)
        class AppTest
          parallelize(workers: 2, **(method(:parallelize).parameters.include?(%i[key threshold]) ? { threshold: 0 } : {}))
          setup { LlmRouter.testing.answer("Hello") }
          teardown { assert_called_model("anthropic/*", times: 1) }
          20.times do |number|
            test "number \#{number}" do
              assert_equal "Hello", ask.content
              FileUtils.touch("process-\#{Process.pid}")
              # One of them alone could take all the tests.
              Waiting.eventually { Dir["process-*"].size == 2 }
              puts "process \#{Process.pid} at \#{LlmRouter.testing.base_url}"
            end
          end
        end
      RUBY
      expect(output).to include("20 runs, 40 assertions, 0 failures, 0 errors")
      expect(output.scan(/process \d+ at \S+/).uniq.size).to eq(2)
    end
  end
end
