# frozen_string_literal: true

class LlmRouter
  # Publishes events that begin and end, to listeners that may fail.
  # @api private
  module Spans
    DEFERRED = { StandardError => :never }.compare_by_identity.freeze

    # An event that has begun. Its payload grows until it ends.
    Span = Struct.new(:event, :payload, :started)
    private_constant :DEFERRED, :Span

    private

    def emit(name, **payload)
      event = @events.event(name, payload, log)
      notifying do
        event.start if event.respond_to?(:start)
        event.finish
      end
    end

    def span(name, payload, started = now)
      Span.new(@events.event(name, payload, log), payload, started)
    end

    # @return [Span] the same
    def start(span)
      notifying { span.event.start } if span.event.respond_to?(:start)
      span
    end

    def finish(span)
      notifying { span.event.finish }
    end

    # Logs a listener's error without its message, which may hold anything. An interrupt waits for the listener.
    def notifying
      Thread.handle_interrupt(Uninterrupted.mask(DEFERRED)) do
        yield
      rescue StandardError => e
        log.write(:error) { "a listener raised #{e.class} (#{e.backtrace&.first})" }
      end
    end

    def log
      @log ||= Log.of(@config)
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
