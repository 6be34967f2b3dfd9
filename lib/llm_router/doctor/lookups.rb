# frozen_string_literal: true

class LlmRouter
  module Doctor
    # What endpoints say of themselves. Each is looked up once, on a thread of its own, and checks wait for it.
    # @api private
    class Lookups
      # Seconds.
      LIMIT = 4.0
      # At a time. A chain may have many models.
      MAX_THREADS = 8
      private_constant :LIMIT, :MAX_THREADS

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
      end

      # @param endpoint [Endpoint]
      # @param path [Array<String>]
      # @return [Answer]
      def [](endpoint, *path)
        start(endpoint, path).value
      end

      # @return [Thread]
      def start(endpoint, path)
        @lock.synchronize { @found[[endpoint.name, path]] ||= Thread.new { taking_turns { look_up(endpoint, path) } } }
      end

      private

      def taking_turns
        @slots << true
        yield
      ensure
        @slots.pop
      end

      def look_up(endpoint, path)
        Thread.current.report_on_exception = false
        status, date, body = endpoint.page(path, LIMIT)
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
    end
  end
end
