# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether a log would have prompts and answers. The gem logs none; others do at their debug level.
    # @api private
    class DebugLog < Check
      private

      def examine
        found = [sql, ruby_llm, ruby_openai].compact
        return green("no log is known that prints prompts or answers") if found.empty?

        found.each { |message, advice| note(production? ? :red : :yellow, message, advice) }
      end

      # Active Record logs the values of a statement there: also those of an answer that is saved.
      def sql
        logger = known("ActiveRecord::Base")&.logger
        return unless logger.respond_to?(:debug?) && logger.debug? && production?

        ["Active Record logs at the debug level, and so each answer that is saved", "Set config.log_level = :info"]
      end

      def ruby_llm
        config = known("RubyLLM")&.config if known("RubyLLM").respond_to?(:config)
        level = config.log_level if config.respond_to?(:log_level)
        return unless [Logger::DEBUG, :debug, "debug"].include?(level)

        ["RubyLLM logs the bodies of requests", "Set its config.log_level to :info"]
      end

      def ruby_openai
        config = known("OpenAI")&.configuration if known("OpenAI").respond_to?(:configuration)
        return unless config.respond_to?(:log_errors) && config.log_errors

        ["ruby-openai logs the bodies of errors, which quote prompts", "Set its config.log_errors = false"]
      end
    end
  end
end
