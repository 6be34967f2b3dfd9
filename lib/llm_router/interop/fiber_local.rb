# frozen_string_literal: true

class LlmRouter
  # A value for this thread, and this fiber of it, while a block runs.
  # @api private
  module FiberLocal
    module_function

    # @return [Object] what the block returns
    def set(key, value)
      before = Thread.current[key]
      Thread.current[key] = value
      yield
    ensure
      Thread.current[key] = before
    end
  end
end
