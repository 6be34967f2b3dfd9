# frozen_string_literal: true

class LlmRouter
  # A thread of the gem's own, for work that no call waits for.
  # @api private
  module OwnThread
    # A thread inherits the interrupt mask of its maker, but must end with the process.
    # @param name [String]
    # @yield its work
    # @return [Thread]
    # @raise [ThreadError] no thread can be made
    def self.start(name)
      Thread.new do
        Thread.handle_interrupt(Object => :immediate) do
          Thread.current.name = name
          Thread.current.report_on_exception = false
          yield
        end
      end
    end
  end
end
