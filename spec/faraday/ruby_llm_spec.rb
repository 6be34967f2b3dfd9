# frozen_string_literal: true

require "json"

# ruby_llm through a chain, in a process of its own: ruby_llm_examples.rb says what happens.
RSpec.describe "ruby_llm's provider :llm_router", :slow do
  apart = [%w[RUBYOPT RUBYLIB BUNDLE_GEMFILE BUNDLER_SETUP GEM_HOME].to_h { |name| [name, nil] }, RbConfig.ruby]
  there = system(*apart, "-e", 'require "ruby_llm"', out: File::NULL, err: File::NULL)
  lib = File.expand_path("../../lib", __dir__)
  examples = lambda do
    lines = IO.popen([*apart, "-I", lib, File.join(__dir__, "ruby_llm_examples.rb")], &:readlines)
    lines.map { |line| JSON.parse(line) }.reduce({}, :merge)
  end
  said = nil

  {
    "chat" => ["Hello", "google/gemini-2.5-flash", "0.0021", true,
               { "temperature" => 0.2, "roles" => %w[developer user] }],
    "tools" => ["It is sunny", "sunny in Bonn"],
    "schema" => [{ "name" => "Ada" }, "json_schema"],
    "conversation" => %w[user assistant user assistant],
    "context" => [1, 0],
    "no retries of its own" => 2,
    "a request at fault" => "no such tool",
    "streams" => /BadRequestError: The router does not stream/,
    "no chain" => /LlmRouter::ConfigurationError: no chain is called :unknown/,
    "no budget" => /RubyLLM::ConfigurationError.*llm_router_budget/m,
    "acts_as_chat" => ["It is sunny", %w[user assistant tool assistant], 2]
  }.each do |name, expected|
    it "does: #{name}" do
      skip "ruby_llm is not installed" unless there

      said ||= examples.call
      expect(said.fetch(name)).to match(expected)
    end
  end
end
