# frozen_string_literal: true

require "faraday"
require "llm_router"

LlmRouter::PlugIns.load_faraday
