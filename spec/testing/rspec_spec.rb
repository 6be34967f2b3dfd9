# frozen_string_literal: true

require "json"
require "open3"
require "tmpdir"

# A suite of an app's, in a process of its own, for the hooks are for all of a process.
RSpec.describe "llm_router/testing/rspec", :slow do
  let(:outside) { gateway.answer("From outside") }

  after { expect(outside.requests).to be_empty }

  # What became of each example, by its description: nil, or why it failed.
  def run(examples, preamble = "")
    report(<<~RUBY)
      #{app}
      #{preamble}
      require "llm_router/testing/rspec"
      RSpec.describe "an app" do
        let(:testing) { LlmRouter.testing }

        #{examples}
      end
    RUBY
  end

  def app
    <<~RUBY
      require "rspec/autorun"
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url = #{outside.base_url.inspect}
        config.logger = nil
        config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
      end
      ADDRESSES = []
      def ask(text = "Hi")
        LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: text }])
      end
    RUBY
  end

  def report(code)
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "app_spec.rb"), code)
      lib = File.expand_path("../../lib", __dir__)
      out, = Open3.capture2e(RbConfig.ruby, "-I", lib, "app_spec.rb", "--format", "json", chdir: folder)
      json = JSON.parse(out[/^\{.*\}$/] || raise(out))
      expect(json.dig("summary", "errors_outside_of_examples_count")).to eq(0), out
      json["examples"].to_h { |example| [example["description"], example.dig("exception", "message")] }
    end
  end

  it "starts each example with no script and no requests, on one gateway" do
    examples = Array.new(3) do |number|
      <<~RUBY
        it "example #{number}" do
          expect(testing.requests).to be_empty
          expect { ask }.to raise_error(LlmRouter::Testing::UnstubbedCall, /scripted: nothing at all/)
          testing.answer("Hello")
          ask
          expect(testing).to have_called_model("anthropic/*").times(2)
          expect(ADDRESSES.push(testing.base_url).uniq.size).to eq(1)
        end
      RUBY
    end
    expect(run(examples.join)).to eq("example 0" => nil, "example 1" => nil, "example 2" => nil)
  end

  it "starts the first example with nothing, too" do
    expect(run(<<~RUBY)).to match("calls" => /scripted: nothing at all/)
      before(:context) { LlmRouter.testing.answer("Hello") }
      it("calls") { ask }
    RUBY
  end

  it "lets before and around hooks script, those of the whole suite too" do
    suite = <<~RUBY
      RSpec.configure { |config| config.before { LlmRouter.testing.answer("From the suite", "anthropic/*") } }
    RUBY
    expect(run(<<~RUBY, suite)).to eq("is scripted" => nil)
      around do |example|
        LlmRouter.testing.answer("From around", "google/*")
        example.run
      end
      before { testing.fail("anthropic/*", status: 503, times: 1) }

      it "is scripted" do
        expect(ask.content).to eq("From around")
        expect(ask.content).to eq("From the suite")
        expect(testing).to have_called_model("google/*").and have_called_model("anthropic/*").times(2)
      end
    RUBY
  end

  it "lets after hooks see the requests" do
    expect(run(<<~RUBY)).to eq("is looked at later" => nil)
      after { expect(testing).to have_called_model("anthropic/*").with_message("Hi") }
      it("is looked at later") { testing.answer("Hello") && ask }
    RUBY
  end

  it "lets nothing out before the first example either" do
    expect(run(<<~RUBY)).to match("does not run" => /nothing scripted for "anthropic/)
      before(:context) { ask }
      it("does not run") { nil }
    RUBY
  end

  it "is in force again after an example that turned it off" do
    expect(run(<<~RUBY)).to eq("one" => nil, "two" => nil)
      %w[one two].each do |name|
        it name do
          expect(LlmRouter).to be_testing
          LlmRouter.testing_off!
        end
      end
    RUBY
  end

  it "fails an example whose job swallows every error, the one of an unscripted call included" do
    expect(run(<<~RUBY)).to match("runs the job" => /Script it before the call/)
      it "runs the job" do
        ask
      rescue StandardError
        nil
      end
    RUBY
  end

  it "gives failures that say what happened" do
    messages = run(<<~RUBY)
      before { testing.answer("Hello") }
      it("calls") { ask && expect(testing).to(have_called_model("openai/*")) }
      it("falls back") { expect { ask }.to have_fallen_back_to("google/*") }
      it("takes no block") { expect { ask }.to have_called_model("openai/*") }
    RUBY
    expect(messages).to match("calls" => /Called, in order:\n  anthropic.claude-sonnet-4.5/,
                              "falls back" => /anthropic.claude-sonnet-4.5 answered, the first candidate/,
                              "takes no block" => /block/)
  end

  it "says how to get Puma where it is missing, only when the gateway is needed" do
    hidden = <<~RUBY
      module NoPuma
        def require(name) = name.start_with?("puma") ? raise(LoadError, "cannot load such file -- puma") : super
      end
      Object.prepend(NoPuma)
    RUBY
    expect(run(<<~RUBY, hidden)).to match("calls nothing" => nil, "calls" => /add gem "puma" to the test group/)
      it("calls nothing") { nil }
      it("calls") { ask }
    RUBY
  end
end
