# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether Ruby compiles what it runs.
    # @api private
    class Yjit < Check
      private

      def examine
        return green("this Ruby has none", known: false) unless defined?(RubyVM::YJIT)
        return green("it is on") if RubyVM::YJIT.enabled?

        yellow("it is off", "Set RUBY_YJIT_ENABLE=1, or config.yjit = true in Rails 7.2")
      end
    end
  end
end
