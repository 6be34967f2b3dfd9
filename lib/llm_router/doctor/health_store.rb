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
      private_constant :LIMIT, :ADVICE, :ALONE, :EXPIRES_IN

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
        ENV.fetch("WEB_CONCURRENCY", "1").to_i > 1 || production?
      end

      def reach(store, kind)
        key = "llm_router/doctor/#{SecureRandom.hex(8)}"
        store.write(key, key, expires_in: EXPIRES_IN)
        found = store.read_multi(key)[key]
        return green("#{kind} answers, and processes share it") if found == key

        red("#{kind} does not keep what is written", "Check its server: cooldowns are not shared")
      rescue StandardError => e
        red("#{kind} cannot be reached: #{e.class}", "Check its server: cooldowns are not shared")
      ensure
        store.delete(key) if store.respond_to?(:delete)
      end
    end
  end
end
