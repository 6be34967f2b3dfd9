# frozen_string_literal: true

class LlmRouter
  # How {Telemetry} tells: events that begin and end, to listeners who may fail.
  # @api private
  module Spans
    LISTENING = { StandardError => :never }.compare_by_identity.freeze

    # An event that has begun: what it tells is added to until it ends.
    Span = Struct.new(:event, :payload, :started)
    private_constant :LISTENING, :Span

    private

    def emit(name, **payload)
      event = @events.event(name, payload, log)
      listening do
        event.start if event.respond_to?(:start)
        event.finish
      end
    end

    def span(name, payload, started = now)
      Span.new(@events.event(name, payload, log), payload, started)
    end

    # @return [Span] the same
    def start(span)
      listening { span.event.start } if span.event.respond_to?(:start)
      span
    end

    def finish(span)
      listening { span.event.finish }
    end

    # What a listener raises is logged, without its message, which may hold anything. An interrupt is no error of a
    # listener's, and waits until it is through.
    def listening
      Thread.handle_interrupt(Uninterrupted.mask(LISTENING)) do
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
