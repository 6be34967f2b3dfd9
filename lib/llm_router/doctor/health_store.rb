# frozen_string_literal: true

require "securerandom"

class LlmRouter
  module Doctor
    # Whether processes share their cooldowns, through a store that answers.
    # @api private
    class HealthStore < Check
      LIMIT = 4.0
      ADVICE = "Set config.health_store to a store that processes share, on Redis, Memcached or a database"
      # Those of one process or of nobody, by the names of their classes.
      ALONE = { "NullStore" => "keeps nothing", "MemoryStore" => "is this process's own",
                "FileStore" => "is this host's own" }.freeze
      # Seconds.
      EXPIRES_IN = 60
      SERVER = "Check its server: cooldowns are not shared"
      private_constant :LIMIT, :ADVICE, :ALONE, :EXPIRES_IN, :SERVER

      private

      def examine
        return green("cooldowns are off (config.cooldown_after is nil)") unless config.cooldown_after

        store = config.health_store
        return without unless store

        kind = kind_of(store)
        return note(kind == "NullStore" ? :red : alone, "#{kind} #{ALONE.fetch(kind)}", ADVICE) if ALONE.key?(kind)

        reach(store, kind)
      end

      def without
        message = "none is set: each process has cooldowns of its own"
        several? ? yellow(message, ADVICE) : green(message)
      end

      def alone
        several? ? :yellow : :green
      end

      # Whether there are other processes, as far as the environment says.
      def several?
        !["", "0", "1"].include?(ENV.fetch("WEB_CONCURRENCY", "")) || production?
      end

      def reach(store, kind)
        key = "llm_router/doctor/#{SecureRandom.hex(8)}"
        return red("#{kind} cannot be reached", SERVER) if store.write(key, key, expires_in: EXPIRES_IN) == false

        found = store.read_multi(key)[key]
        return red("#{kind} does not keep what is written", SERVER) unless found == key

        green("#{kind} answers, and processes share it")
        store.delete(key) if store.respond_to?(:delete)
      rescue StandardError => e
        red("#{kind} cannot be reached: #{e.class}", SERVER) if so_far.empty?
      end
    end
  end
end
