# frozen_string_literal: true

require_relative "lib/llm_router/version"

Gem::Specification.new do |spec|
  spec.name = "llm_router"
  spec.version = LlmRouter::VERSION
  spec.authors = ["The llm_router authors"]
  spec.summary = "LLM calls that survive the day their model is down: a fallback chain with a budget, for Rails jobs"
  spec.description = "Tries the models of an ordered chain through OpenRouter or another OpenAI-compatible API until " \
                     "one answers. Reserves money before each attempt, settles the exact cost after. The core is Rust."
  spec.homepage = "https://github.com/llm-router/llm_router"
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata = { "rubygems_mfa_required" => "true", "default_lint_roller_plugin" => "RuboCop::LlmRouter::Plugin" }

  files = Dir["lib/**/*", "config/*", "sig/**/*", "ext/**/*.{rb,rs,toml}", "Cargo.{toml,lock}", ".cargo/config.toml",
              ".yardopts", "README.md", "docs/README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md"]
  # An installed gem is small: what only developers, or those who choose it, read is in the repository.
  left_out = Dir["ext/core/{examples,tests}/**/*", "ext/**/{tests,fuzzing}.rs", "ext/**/tests/*.rs",
                 "lib/llm_router/llm_router.*"]
  spec.files = files.select { |file| File.file?(file) } - left_out
  # RubyGems builds Cargo projects by itself, but leaves all that Cargo wrote in the installed gem.
  spec.extensions = ["ext/llm_router/extconf.rb"]

  spec.add_dependency "bigdecimal", ">= 3.1"
  spec.add_dependency "logger", ">= 1.5"
end
