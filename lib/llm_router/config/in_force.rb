# frozen_string_literal: true

require "monitor"

class LlmRouter
  # The configuration in force in this process. {Configuration} extends it.
  # @api private
  module InForce
    def self.extended(base)
      base.instance_variable_set(:@changing, Monitor.new)
    end

    # @return [Configuration] frozen
    def current
      main_ractor!
      @current || @changing.synchronize { @current ||= new }
    end

    # @yieldparam draft [Configuration] a copy, which takes effect at the end of the block
    # @return [Configuration]
    # @raise [ConfigurationError]
    def change
      main_ractor!
      @changing.synchronize do
        draft = (@current || new).dup
        yield draft
        @current = draft.finish
        Hooks.run(:configured, @current)
        @current
      end
    end

    # Back to the defaults.
    # @return [void]
    def reset
      main_ractor!
      @changing.synchronize { @current = nil }
      Hooks.run(:configured, new)
    end

    private

    # Ruby would only say that an instance variable cannot be read.
    def main_ractor!
      return if Ractor.current == Ractor.main

      raise Error, "llm_router works in the main Ractor only: call it there, on a Thread for each call that is to " \
                   "run side by side with others, and send the answer's text to the other Ractor"
    end
  end
end
