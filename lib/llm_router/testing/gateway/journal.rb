# frozen_string_literal: true

require "bigdecimal"

class LlmRouter
  module Testing
    class Gateway
      # Records requests, ends of connections, and bills; not those of requests from before the last {#clear}. Safe to
      # share between threads.
      #
      # @api private
      class Journal
        NAMES = { left: "client to disconnect", hung_up: "connection to be ended by the gateway" }.freeze

        def initialize
          @lock = Mutex.new
          @changed = ConditionVariable.new
          clear
        end

        def clear
          @lock.synchronize do
            @requests = []
            @events = []
            @billed_usd = BigDecimal(0)
          end
        end

        def record(request)
          change { @requests.push(request) }
        end

        def bill(request, usd)
          change { @billed_usd += usd if known?(request) }
        end

        # @param event [Symbol] `:left`, `:released` or `:hung_up`
        def note(event, request)
          change { @events.push([event, request]) if known?(request) }
        end

        def requests
          @lock.synchronize { @requests.dup.freeze }
        end

        def connections
          requests.map(&:connection).uniq.size
        end

        def billed_usd
          @lock.synchronize { @billed_usd }
        end

        # @raise [AwaitTimeout]
        def await_requests(count, within:)
          await("#{count} request#{'s' unless count == 1}", within) { @requests.size >= count }
          requests
        end

        # @raise [AwaitTimeout]
        def await_event(name, within:)
          await("a #{NAMES.fetch(name)}", within) do
            index = @events.index { |event, _| event == name }
            index && @events.delete_at(index).last
          end
        end

        private

        def known?(request)
          @requests.any? { |known| known.equal?(request) }
        end

        def change
          @lock.synchronize do
            yield
            @changed.broadcast
          end
        end

        def await(what, within)
          deadline = now + within
          @lock.synchronize do
            loop do
              seen = yield
              return seen if seen

              left = deadline - now
              raise AwaitTimeout, timeout(what, within) unless left.positive?

              @changed.wait(@lock, left)
            end
          end
        end

        def timeout(what, within)
          models = @requests.map { |request| request.model.inspect }
          seen = models.empty? ? "no request" : "#{models.size} requested (#{models.join(', ')})"
          "llm_router testing: waited #{within} s for #{what}; the gateway has seen #{seen}"
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
