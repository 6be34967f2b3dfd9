# frozen_string_literal: true

class LlmRouter
  class RememberedAnswers
    # Answers in +config.answer_store+. Those that this run has not looked up expire by themselves.
    # @api private
    class Cache
      # Stores that no other process reads, by the names of their classes.
      ALONE = { "NullStore" => "keeps nothing", "MemoryStore" => "is this process's own" }.freeze

      # @param config [Configuration]
      def initialize(config)
        @store = config.answer_store
        @keys = Queue.new
        kind = @store.class.name.to_s.split("::").last
        return unless ALONE.key?(kind)

        config.warn_once([:answer_store, kind]) do
          "config.answer_store is a #{kind}, which #{ALONE.fetch(kind)}: a killed job buys its answers again. " \
            "Set it to a store that processes share, or to nil for the table llm_answers"
        end
      end

      # @return [Place]
      def at(_budget, key, _job_id)
        @keys << (key = "llm_router/answers/#{key}")
        Place.new(@store, key)
      end

      # @return [void]
      def delete(_job_id)
        @store.delete(@keys.pop) until @keys.empty?
      end

      Place = Struct.new(:store, :key) do
        def read
          store.read(key)
        end

        # No transaction spans the budget's database and the cache.
        # @return [Boolean] false: it is not written
        def beside(*)
          yield
          false
        end

        def write(text, seconds)
          store.write(key, text, expires_in: seconds)
        end
      end
      private_constant :Place
    end
  end
end
