# frozen_string_literal: true

class LlmRouter
  module Testing
    # Raised by the `await_…` methods of {Gateway} when what they wait for has not happened in time.
    #
    # @example
    #   gateway.await_requests(1, within: 0.1) # raises: … waited 0.1 s for 1 request; the gateway has seen no request
    class AwaitTimeout < StandardError; end

    class Gateway
      # What happened at a {Gateway}, and how to wait for it.
      module Observations
        # @return [Array<Request>] every request that arrived, refused ones included, oldest first; frozen
        # @example
        #   gateway.requests.last.messages # => [{ "role" => "user", "content" => "Hi" }]
        def requests
          @journal.requests
        end

        # @return [Integer] how many client connections have brought a request
        # @example Keep-alive works
        #   2.times { router.call(messages: messages, max_tokens: 500) }
        #   gateway.connections # => 1
        def connections
          @journal.connections
        end

        # @return [BigDecimal] US dollars: the cost of everything delivered so far, of failures that cost something too.
        #   An answer under bring-your-own-key counts with its upstream cost.
        # @example
        #   expect(budget.spent_usd).to eq(gateway.billed_usd)
        def billed_usd
          @journal.billed_usd
        end

        # Waits until so many requests have arrived since the start or the last {Gateway#reset!}.
        #
        # @param count [Integer] how many requests
        # @param within [Numeric] seconds to wait at most
        # @return [Array<Request>] all requests so far
        # @raise [AwaitTimeout] when fewer have arrived by then
        # @example
        #   call = Thread.new { router.call(messages: messages, max_tokens: 500) }
        #   gateway.await_requests(1)
        #   call.kill
        def await_requests(count, within: 30)
          @journal.await_requests(count, within:)
        end

        # Waits until a client that is being kept waiting (hanging, stalled, dripped to, delayed) has closed its
        # connection. Each counts once: call it twice to wait for two.
        #
        # @param within [Numeric] seconds to wait at most
        # @return [Request] the request whose client left
        # @raise [AwaitTimeout] when none has left by then
        # @example A killed call drops its connection
        #   call.kill
        #   gateway.await_disconnect(within: 0.1)
        def await_disconnect(within: 30)
          @journal.await_event(:left, within:)
        end

        # Waits until the gateway itself has ended a connection: after `answer(…, then:)`, {Faults#reset},
        # {Faults#truncate} or the answer of {Faults#drip}. Each counts once.
        #
        # @param within [Numeric] seconds to wait at most
        # @return [Request] the last request on that connection
        # @raise [AwaitTimeout] when the gateway has ended none by then
        # @example A connection gone stale
        #   gateway.answer("Hello", then: :close)
        #   router.call(messages: messages, max_tokens: 500)
        #   gateway.await_hangup
        #   router.call(messages: messages, max_tokens: 500) # on a new connection
        def await_hangup(within: 30)
          @journal.await_event(:hung_up, within:)
        end
      end
    end
  end
end
