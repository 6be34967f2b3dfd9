# frozen_string_literal: true

require "rubocop"
require_relative "rubocop/cops"

module RuboCop
  # RuboCop's rules for an app that uses the router. With `require: llm_router/rubocop` in .rubocop.yml, or, from
  # RuboCop 1.72 on, `plugins: llm_router`. See docs/strays.md.
  module LlmRouter
    # Adds the defaults of config/default.yml, as RuboCop does for a plugin.
    hash = ConfigLoader.send(:load_yaml_configuration, DEFAULTS)
    defaults = Config.new(hash, DEFAULTS).tap(&:make_excludes_absolute)
    ConfigLoader.default_configuration = ConfigLoader.merge_with_default(defaults, DEFAULTS)
  end
end
