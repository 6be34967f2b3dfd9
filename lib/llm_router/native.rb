# frozen_string_literal: true

class LlmRouter
  # The extension. RubyGems before 3.4.6 installs it beside this gem's main file, later ones and
  # +rake compile+ in its folder.
  # @api private
  module Native
    begin
      require "llm_router/llm_router"
    rescue LoadError => e
      raise unless e.path == "llm_router/llm_router"

      begin
        require "llm_router.so"
      rescue LoadError
        raise LoadError, "llm_router's extension is not built for Ruby #{RUBY_VERSION}: in a checkout run " \
                         "`rake compile`; elsewhere reinstall the gem, with Rust (https://rustup.rs) on the PATH"
      end
    end
  end
end
