# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Where the native library comes from.
    # @api private
    class Library < Check
      FILE = %r{/llm_router/(\d+\.\d+/)?llm_router\.(?:so|bundle)\z}
      private_constant :FILE

      private

      def examine
        file = loaded.grep(FILE).first.to_s
        return green("the precompiled one is used (Ruby #{file[FILE, 1]&.chomp('/')}, #{platform})") if file[FILE, 1]

        green("it was compiled here (#{platform}), which is as fast as the precompiled one")
      end

      def loaded = $LOADED_FEATURES

      def platform
        "llm_router #{VERSION}, #{RUBY_PLATFORM}"
      end
    end
  end
end
