# frozen_string_literal: true

class LlmRouter
  module Doctor
    # What endpoints say of themselves. Each is looked up once, on a thread of its own, and checks wait for it.
    # @api private
    class Lookups
      # Seconds for all of them: less than a check has.
      LIMIT = 4.0
      # Models at a time. A chain may have many.
      MAX_THREADS = 24
      # Seconds. What has to be more than nothing.
      SHORTEST = 0.001
      private_constant :LIMIT, :MAX_THREADS, :SHORTEST

      # An answer. +data+ is nil if the status is none of success, or the body is no such JSON.
      Answer = Struct.new(:status, :date, :data, :error, :at, keyword_init: true) do
        # @return [String] why there is no data
        def why
          error || (status == 200 ? "the answer cannot be read" : "status #{status}")
        end
      end

      def initialize
        @lock = Mutex.new
        @found = {}
        @slots = SizedQueue.new(MAX_THREADS)
        @ends = now + LIMIT
      end

      # @param endpoint [Endpoint]
      # @param path [Array<String>]
      # @return [Answer]
      def [](endpoint, *path)
        start(endpoint, path).value
      end

      # @return [Thread]
      def start(endpoint, path)
        @lock.synchronize { @found[[endpoint.name, path]] ||= Thread.new { in_turn(path) { look_up(endpoint, path) } } }
      end

      private

      # The key and the list of models do not wait for the models.
      def in_turn(path)
        return yield if path.one?

        begin
          @slots << true
          yield
        ensure
          @slots.pop
        end
      end

      def look_up(endpoint, path)
        Thread.current.report_on_exception = false
        status, date, body = endpoint.page(path, [@ends - now, SHORTEST].max)
        Answer.new(status: status, date: date, data: status == 200 ? data(body) : nil, at: Time.now)
      rescue Error => e
        Answer.new(error: e.message)
      end

      def data(body)
        parsed = JSON.parse(body.force_encoding(Encoding::UTF_8), max_nesting: 100)
        parsed["data"] if parsed.is_a?(Hash)
      rescue JSON::ParserError, EncodingError
        nil
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
