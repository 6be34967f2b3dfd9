# frozen_string_literal: true

require "ruby_llm"
require "llm_router/faraday"

LlmRouter::RubyLlmAdapter.register
