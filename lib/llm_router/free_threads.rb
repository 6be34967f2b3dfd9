# frozen_string_literal: true

class LlmRouter
  # A thread inherits what its maker holds off. One that a budget or a listener starts while money is booked
  # (a pool's, a timer's, a metrics client's, on first use) would for all its life be deaf to +Thread#kill+,
  # and to the end of the process. So it is told to listen.
  # @api private
  module FreeThreads
    BOOKING = :llm_router_booking
    private_constant :BOOKING

    # Of +Thread+: +new+ comes by here, in subclasses, too.
    module Made
      ruby2_keywords def initialize(*arguments, &block)
        super(*arguments, &FreeThreads.listening(block))
      end
    end

    # Of its class: these two do not.
    module Started
      ruby2_keywords def start(*arguments, &block)
        super(*arguments, &FreeThreads.listening(block))
      end

      ruby2_keywords def fork(*arguments, &block)
        super(*arguments, &FreeThreads.listening(block))
      end
    end

    module_function

    # Threads started in the block are free.
    # @return [Object] what it returns
    def within
      thread = Thread.current
      return yield if thread.thread_variable_get(BOOKING)

      begin
        thread.thread_variable_set(BOOKING, true)
        yield
      ensure
        thread.thread_variable_set(BOOKING, nil)
      end
    end

    # @param block [Proc, nil] of a new thread
    # @return [Proc, nil]
    def listening(block)
      return block unless block && Thread.current.thread_variable_get(BOOKING)

      listening = proc { |*arguments| Thread.handle_interrupt(Object => :immediate) { block.call(*arguments) } }
      listening.public_send(:ruby2_keywords)
    end

    Object.const_get(:Thread).prepend(Made)
    Thread.singleton_class.prepend(Started)
  end
end
