# frozen_string_literal: true

module RuboCop
  module LlmRouter
    DEFAULTS = File.expand_path("../../../config/default.yml", __dir__)
  end
end

%w[whole_file stray_call rescued_fallback call_in_controller charge_twice missing_max_tokens]
  .each { |file| require_relative "cop/#{file}" }
