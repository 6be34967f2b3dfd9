# frozen_string_literal: true

class LlmRouter
  # The extension. A precompiled gem holds a library for each Ruby, in a folder named after its ABI; a gem that was
  # built when it was installed, and a checkout, hold one.
  # @api private
  module Native
    abi = RUBY_VERSION[/\A\d+\.\d+/]
    abis = Dir[File.join(__dir__, "*", "llm_router.{so,bundle}")].map { |path| File.basename(File.dirname(path)) }.sort
    # RubyGems prefers a precompiled gem for as long as that is there.
    remedy = "build it here: `gem uninstall llm_router`, then `gem install llm_router --platform ruby`; with Bundler " \
             "`force_ruby_platform: true` in the Gemfile (before 2.3.18, `bundle config set force_ruby_platform true`)"

    if abis.include?(abi)
      begin
        require_relative "#{abi}/llm_router"
      rescue LoadError => e
        raise LoadError, "llm_router's precompiled extension does not load on this system (#{e.message}): #{remedy}"
      end
    elsif abis.any?
      raise LoadError, "this precompiled llm_router is for Ruby #{abis.join(' and ')}, and this is Ruby " \
                       "#{RUBY_VERSION}: #{remedy}"
    else
      begin
        require "llm_router/llm_router"
      rescue LoadError => e
        raise unless e.path == "llm_router/llm_router"

        raise LoadError, "llm_router's extension is not built for Ruby #{RUBY_VERSION}: in a checkout run " \
                         "`rake compile`; elsewhere reinstall the gem, with Rust (https://rustup.rs) on the PATH"
      end
    end
  end
end
