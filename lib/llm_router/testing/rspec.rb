# frozen_string_literal: true

require "rspec/core"
require "llm_router/testing"
require_relative "matchers"

class LlmRouter
  # See {Testing::Matchers} for what this file adds to RSpec.
  module Testing
    # Starts here, so that calls before the first example do not leave the machine either.
    session.start

    RSpec.configure do |config|
      config.include(Matchers)
      # Around all other hooks, which may script and call.
      config.around do |example|
        LlmRouter::Testing.session.start
        example.run
      ensure
        LlmRouter::Testing.session.start
      end
    end
  end
end
