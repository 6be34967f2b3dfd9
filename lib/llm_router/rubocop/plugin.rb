# frozen_string_literal: true

require "lint_roller"
require "llm_router/version"

module RuboCop
  module LlmRouter
    # For RuboCop's `plugins: llm_router`.
    class Plugin < LintRoller::Plugin
      def about
        LintRoller::About.new(name: "llm_router", version: ::LlmRouter::VERSION,
                              homepage: "https://github.com/llm-router/llm_router",
                              description: "Finds calls of models past the router")
      end

      def supported?(context)
        context.engine == :rubocop
      end

      def rules(_context)
        require_relative "cops"
        LintRoller::Rules.new(type: :path, config_format: :rubocop, value: DEFAULTS)
      end
    end
  end
end
